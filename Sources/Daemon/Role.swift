internal import System

/// What this program is when the master starts it again. Not for people: a role finds its orders in its descriptors.
public enum Role: String, CaseIterable, Sendable {
    /// Serves connections.
    case worker
    /// Has the private keys and signs.
    case keyHolder = "key-holder"
    /// Confines itself as a worker does and tries to break out, for `check` and tests.
    case trial

    /// The command line that starts it.
    var arguments: [String] { ["secure-proxy", "role", rawValue] }

    /// Its environment. A role that crashes must end at once: a backtracer would read its memory, keys included, and
    /// needs system calls that the role doesn't have.
    static var environment: [(String, String)] {
        ChildProcesses.inheritedEnvironment.filter { $0.0 != "SWIFT_BACKTRACE" } + [("SWIFT_BACKTRACE", "enable=no")]
    }
}

extension Commands {
    /// `secure-proxy role`: what the master starts.
    public static func play(_ role: Role) -> ExitCode {
        switch role {
        case .worker: WorkerMain.run()
        case .keyHolder: KeyHolderMain.run()
        case .trial: TrialMain.run()
        }
    }
}
