public import System
internal import TLS

/// How a client decides whether a server is the right one.
public enum ServerTrust: Sendable, Equatable {
    /// By the authorities that the system trusts.
    case system
    /// By these PEM certificates and no others; `label` names them in messages, usually a path.
    case authorities(pem: [UInt8], label: String)
    /// Not at all. For tests on one's own machine.
    case insecure

    /// By the PEM certificates in the file at `path`.
    public static func file(_ path: String) throws(SystemError) -> ServerTrust {
        .authorities(pem: try File.read(path, limit: 1024 * 1024), label: path)
    }

    /// The same for the TLS library's wrapper.
    var forTLS: TLSContext.ClientOptions.Trust {
        switch self {
        case .system: .system
        case .authorities(let pem, let label): .authorities(TrustedAuthorities(pem: pem, label: label))
        case .insecure: .insecure
        }
    }
}
