internal import Settings

/// What a listener does, in a few words: for `check`.
struct ListenerSummary {
    private let listener: ListenerSettings
    private let settings: Settings

    init(_ listener: ListenerSettings, _ settings: Settings) {
        self.listener = listener
        self.settings = settings
    }

    /// Ports in a row that go to one backend, or to backends whose ports are in a row too.
    struct Run: Equatable {
        var listening: ClosedRange<UInt16>
        var host: String
        var backend: ClosedRange<UInt16>

        /// Takes the next port in, if it fits.
        fileprivate mutating func extend(to port: UInt16, _ endpoint: Endpoint) -> Bool {
            guard endpoint.host == host else { return false }
            let isFixed = endpoint.port == backend.lowerBound && backend.count == 1
            let isNext =
                Int(endpoint.port) == Int(backend.upperBound) + 1 && (backend.count > 1 || listening.count == 1)
            guard isFixed || isNext else { return false }
            listening = listening.lowerBound...port
            backend = backend.lowerBound...endpoint.port
            return true
        }
    }

    /// Where the ports of a bridge go, first port first.
    var runs: [Run] {
        var runs: [Run] = []
        for port in listener.ports.ports {
            guard let endpoint = listener.endpoint(for: port) else { continue }
            if !runs.isEmpty, runs[runs.count - 1].extend(to: port, endpoint) { continue }
            runs.append(Run(listening: port...port, host: endpoint.host, backend: endpoint.port...endpoint.port))
        }
        return runs
    }

    /// Where it leads.
    var target: String {
        if listener.kind == .bridge { return runs.map(Self.target).joined(separator: ", ") }
        return listener.upstream?.origin ?? "nowhere"
    }

    /// What it maps to what.
    var route: String {
        let place = "\(listener.name): \(listener.kind.rawValue) at \(listener.address):\(listener.ports)"
        switch listener.kind {
        case .bridge:
            let runs = runs
            if runs.count == 1, let run = runs.first { return "\(place) -> \(Self.target(run))" }
            return "\(place) -> "
                + runs.map { "\(Self.range($0.listening)) to \(Self.target($0))" }.joined(separator: ", ")
        case .oauth:
            let paths = settings.gateway.routes.map(\.path).joined(separator: ", ")
            return "\(place) -> \(listener.upstream?.origin ?? "nowhere"), paths \(paths)"
        case .proxy:
            return "\(place) -> \(listener.upstream?.origin ?? "nowhere")"
        }
    }

    /// Who is let in.
    var policy: String {
        var parts: [String] = []
        let policy = listener.policy
        if policy.tokenRequired {
            parts.append("token from \(settings.oidc.tokenSources.map(\.rawValue).joined(separator: " or "))")
            let claims = settings.oidc.audienceClaim.joined(separator: " or ")
            parts.append(
                policy.audience.isEmpty ? "any audience" : "\(claims) one of \(policy.audience.joined(separator: ", "))"
            )
            if !policy.requiredScopes.isEmpty {
                parts.append("scopes \(policy.requiredScopes.joined(separator: " "))")
            }
            if !policy.requiredClaims.isEmpty {
                parts.append("claims \(policy.requiredClaims.map(\.name).joined(separator: ", "))")
            }
        } else {
            parts.append("no token")
        }
        switch listener.clientCertificate {
        case .none: break
        case .optional: parts.append("client certificate optional")
        case .required: parts.append("client certificate required")
        }
        return parts.joined(separator: "; ")
    }

    private static func target(_ run: Run) -> String {
        (run.host.contains(":") ? "[\(run.host)]" : run.host) + ":\(range(run.backend))"
    }

    private static func range(_ ports: ClosedRange<UInt16>) -> String {
        ports.count == 1 ? "\(ports.lowerBound)" : "\(ports.lowerBound)-\(ports.upperBound)"
    }
}
