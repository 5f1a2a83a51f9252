/// How TLS connections fared, counted under the names that Envoy gave these counters.
///
/// A value without any sharing: whoever serves connections owns one and adds to it.
public struct TLSStatistics: Equatable, Sendable {
    /// One counter; the raw value is its published name.
    public enum Counter: String, CaseIterable, Sendable {
        /// Handshakes completed.
        case handshake
        /// Connections that failed other than by certificate verification.
        case connectionError = "connection_error"
        /// Handshakes completed by resuming a session.
        case sessionReused = "session_reused"
        /// Handshakes completed without a certificate from the peer.
        case noCertificate = "no_certificate"
        /// Failures because the peer sent no certificate.
        case failVerifyNoCertificate = "fail_verify_no_cert"
        /// Failures because the peer's certificate could not be trusted.
        case failVerifyError = "fail_verify_error"
        /// Failures because the peer's certificate has none of the names wanted.
        case failVerifySubjectAlternativeName = "fail_verify_san"
    }

    /// Handshakes completed.
    public private(set) var handshake: UInt64 = 0
    /// Connections that failed other than by certificate verification.
    public private(set) var connectionError: UInt64 = 0
    /// Handshakes completed by resuming a session.
    public private(set) var sessionReused: UInt64 = 0
    /// Handshakes completed without a certificate from the peer.
    public private(set) var noCertificate: UInt64 = 0
    /// Failures because the peer sent no certificate.
    public private(set) var failVerifyNoCertificate: UInt64 = 0
    /// Failures because the peer's certificate could not be trusted.
    public private(set) var failVerifyError: UInt64 = 0
    /// Failures because the peer's certificate has none of the names wanted.
    public private(set) var failVerifySubjectAlternativeName: UInt64 = 0

    /// Nothing counted yet.
    public init() {}

    /// The value of one counter.
    public subscript(counter: Counter) -> UInt64 {
        switch counter {
        case .handshake: handshake
        case .connectionError: connectionError
        case .sessionReused: sessionReused
        case .noCertificate: noCertificate
        case .failVerifyNoCertificate: failVerifyNoCertificate
        case .failVerifyError: failVerifyError
        case .failVerifySubjectAlternativeName: failVerifySubjectAlternativeName
        }
    }

    /// Adds one to `counter`.
    public mutating func count(_ counter: Counter) {
        switch counter {
        case .handshake: handshake &+= 1
        case .connectionError: connectionError &+= 1
        case .sessionReused: sessionReused &+= 1
        case .noCertificate: noCertificate &+= 1
        case .failVerifyNoCertificate: failVerifyNoCertificate &+= 1
        case .failVerifyError: failVerifyError &+= 1
        case .failVerifySubjectAlternativeName: failVerifySubjectAlternativeName &+= 1
        }
    }

    /// Counts a handshake that `connection` has just completed.
    public mutating func countHandshake(of connection: TLSConnection) {
        count(.handshake)
        if connection.sessionReused { count(.sessionReused) }
        if !connection.hasPeerCertificate { count(.noCertificate) }
    }

    /// Counts a connection that failed.
    public mutating func countFailure(_ failure: TLSFailure) { count(failure.counter) }
}
