/// A confinement tried out: applied for real to this process, which then tries to break out of it.
///
/// For a process made for that and ended after it.
public enum ConfinementTrial {
    /// One thing that came of it.
    public enum Line: Equatable, Sendable, CustomStringConvertible {
        /// A layer that was applied, switched off, or isn't there.
        case layer(ConfinementFinding)
        /// A layer that should hold and doesn't; nothing follows.
        case failure(ConfinementError)
        /// A misdeed, the layers that stand against it, and how it ended.
        case attempt(name: String, layers: [ConfinementLayer], outcome: BreakOut.Outcome)

        /// In one line.
        public var description: String {
            switch self {
            case .layer(let finding): finding.description
            case .failure(let error): "FAILED: \(error)"
            case .attempt(let name, _, let outcome): "\(name): \(outcome)"
            }
        }
    }

    /// Applies `confinement` to this process, for good, then tries each of `attempts`.
    public static func run(_ confinement: Confinement, _ attempts: [BreakOut]) -> [Line] {
        let findings: [ConfinementFinding]
        do throws(ConfinementError) { findings = try confinement.apply() } catch { return [.failure(error)] }
        return findings.map { .layer($0) }
            + attempts.map { .attempt(name: $0.name, layers: $0.layers, outcome: $0.attempt()) }
    }

    /// Those of `lines` that should not be: a layer that failed, and misdeeds that worked although a layer that stands
    /// against them holds.
    public static func breaches(in lines: [Line]) -> [Line] {
        var holding: Set<ConfinementLayer> = []
        for case .layer(let finding) in lines where finding.state == .holds { holding.insert(finding.layer) }
        return lines.filter { line in
            switch line {
            case .layer: false
            case .failure: true
            case .attempt(_, let layers, let outcome):
                outcome == .succeeded && layers.contains { holding.contains($0) }
            }
        }
    }
}
