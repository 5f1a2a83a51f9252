/// One thing that a process gives up. Each holds on its own, so that one that fails leaves the others standing.
public enum ConfinementLayer: String, CaseIterable, Sendable {
    /// Another root directory (chroot).
    case jail = "jail"
    /// Another user and group.
    case identity = "user"
    /// No capability in any of the five sets.
    case capabilities = "capabilities"
    /// Nothing executed can gain privileges.
    case noNewPrivileges = "no new privileges"
    /// No core files, no debugger of the same user.
    case memory = "memory"
    /// Files, listening and signals restricted by Landlock.
    case landlock = "landlock"
    /// System calls restricted by seccomp.
    case systemCalls = "seccomp"

    /// How an operator goes on without the layer.
    var remedy: String {
        switch self {
        case .jail: "set security.jailBaseDir to a directory that fits, or leave it out to run without a jail"
        case .identity: "name a user that fits in security.user (and security.group)"
        case .capabilities: "security.dropCapabilities: false runs without this layer"
        case .noNewPrivileges: "security.noNewPrivileges: false runs without this layer"
        case .memory: "this layer has no switch; what forbids it has to let go"
        case .landlock: "security.landlock: false runs without this layer"
        case .systemCalls: "security.seccomp: false runs without this layer"
        }
    }
}

/// What became of one layer.
public struct ConfinementFinding: Equatable, Sendable, CustomStringConvertible {
    /// How a layer stands.
    public enum State: String, Sendable {
        /// In force, and seen to be.
        case holds = "holds"
        /// Not asked for.
        case switchedOff = "switched off"
        /// Asked for "where there is one", and this kernel has none.
        case notOnThisKernel = "not on this kernel"
    }

    /// Which layer.
    public let layer: ConfinementLayer
    /// How it stands.
    public let state: State
    /// What exactly holds, or why it doesn't.
    public let words: String

    /// Such a finding.
    public init(_ layer: ConfinementLayer, _ state: State, _ words: String) {
        self.layer = layer
        self.state = state
        self.words = words
    }

    /// In one line, for a log or an operator.
    public var description: String { "\(layer.rawValue): \(state.rawValue): \(words)" }
}

/// A layer that should hold and doesn't. The process must not go on to read from the network.
public struct ConfinementError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Which layer.
    public let layer: ConfinementLayer
    /// What was tried and how it failed.
    public let what: String
    /// What an operator can do, including the setting that does without the layer.
    public let remedy: String

    /// `remedy` nil: the layer's own.
    init(_ layer: ConfinementLayer, _ what: String, remedy: String? = nil) {
        self.layer = layer
        self.what = what
        self.remedy = remedy ?? layer.remedy
    }

    /// The failed call, told as an error of `layer`.
    init(_ layer: ConfinementLayer, _ failed: SystemError, remedy: String? = nil) {
        self.init(layer, failed.description, remedy: remedy)
    }

    /// In one line.
    public var description: String { "\(layer.rawValue): \(what); \(remedy)" }
}
