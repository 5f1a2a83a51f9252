internal import COpenSSL
internal import Glibc

/// Why a TLS connection cannot go on. A plain value: making one costs nothing, words are found when asked for.
public struct TLSFailure: Error, Equatable, Sendable {
    /// One case for each thing that goes wrong.
    public enum Kind: UInt8, CaseIterable, Sendable {
        /// The server asks for a client certificate and the peer has none.
        case noPeerCertificate
        /// The peer's certificate is good but for another name or address.
        case nameMismatch
        /// The peer's certificate is expired, revoked, unknown to our authorities or otherwise not to be trusted.
        case untrustedCertificate
        /// An HTTP request came without TLS: answer it in plain text.
        case plainHTTP
        /// What came is not TLS at all.
        case notTLS
        /// The peer speaks only versions that are not allowed here.
        case versionNotAllowed
        /// No cipher suite in common.
        case noSharedCipher
        /// No key exchange group in common.
        case noSharedGroup
        /// No signature algorithm in common, or none that fits our certificates.
        case noSharedSignatureAlgorithm
        /// None of the application protocols offered is spoken here (RFC 7301 section 3.2).
        case noApplicationProtocol
        /// The peer gave up and said so in an alert.
        case peerAlert
        /// The peer closed the connection in the middle of the handshake.
        case closedDuringHandshake
        /// A record that could not be decrypted or authenticated.
        case badRecord
        /// Records without end that carry no data.
        case recordFlood
        /// The socket failed.
        case transport
        /// Another breach of the protocol by the peer.
        case protocolViolation
        /// A failure on our side.
        case internalError
    }

    /// What went wrong.
    public let kind: Kind
    /// OpenSSL's packed error code, or 0.
    public let code: UInt
    /// OpenSSL's certificate verification result (`X509_V_ERR_…`), or 0.
    public let verification: Int32
    /// The errno of a ``Kind/transport`` failure, or 0.
    public let systemError: Int32

    init(_ kind: Kind, code: UInt = 0, verification: Int32 = 0, systemError: Int32 = 0) {
        self.kind = kind
        self.code = code
        self.verification = verification
        self.systemError = systemError
    }

    /// The peer gave up with this alert, found by our own record layer.
    init(peerAlert: UInt8) { self.init(.peerAlert, code: Self.code(Int32(SSL_AD_REASON_OFFSET) + Int32(peerAlert))) }

    /// What our own record layer answers with this alert, in OpenSSL's terms.
    init(violation alert: UInt8) {
        switch alert {
        case AlertDescription.badRecordMAC:
            self.init(.badRecord, code: Self.code(SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC))
        case AlertDescription.recordOverflow:
            self.init(.protocolViolation, code: Self.code(SSL_R_DATA_LENGTH_TOO_LONG))
        case AlertDescription.internalError:
            self.init(.internalError, code: Self.code(Int32(ERR_R_INTERNAL_ERROR)))
        case AlertDescription.decodeError, AlertDescription.illegalParameter:
            self.init(.protocolViolation, code: Self.code(SSL_R_BAD_KEY_UPDATE))
        default:
            self.init(.protocolViolation, code: Self.code(SSL_R_UNEXPECTED_MESSAGE))
        }
    }

    /// A code as OpenSSL packs it: the library in the upper, the reason in the lower bits (ERR_PACK).
    private static func code(_ reason: Int32) -> UInt { UInt(ERR_LIB_SSL) << 23 | UInt(bitPattern: Int(reason)) }

    /// The number of the alert that the peer sent (RFC 8446 section 6), for ``Kind/peerAlert``.
    public var alert: Int? {
        kind == .peerAlert ? Int(shim_ERR_GET_REASON(code)) - Int(SSL_AD_REASON_OFFSET) : nil
    }

    /// Whether it happens all day and means nothing: a load balancer that tests the port connects and closes.
    public var isOrdinary: Bool { kind == .closedDuringHandshake || kind == .transport }

    /// The library's or the system's own words.
    public var reason: String {
        if systemError != 0 { return unsafe String(cString: strerror(systemError)) }
        if verification != 0 { return unsafe String(cString: X509_verify_cert_error_string(Int(verification))) }
        return reasonText(code) ?? "no further reason"
    }

    /// The counter that this failure belongs to, under the name that Envoy gave it.
    public var counter: TLSStatistics.Counter {
        switch kind {
        case .noPeerCertificate: .failVerifyNoCertificate
        case .nameMismatch: .failVerifySubjectAlternativeName
        case .untrustedCertificate: .failVerifyError
        default: .connectionError
        }
    }
}

extension TLSFailure: CustomStringConvertible {
    /// What happened, in words for a log.
    public var description: String {
        switch kind {
        case .noPeerCertificate: "the peer sent no certificate, and one is required"
        case .nameMismatch: "the peer's certificate is for another name: \(reason)"
        case .untrustedCertificate: "the peer's certificate is not trusted: \(reason)"
        case .plainHTTP: "plain HTTP on a TLS port"
        case .notTLS: "the peer does not speak TLS"
        case .versionNotAllowed: "the peer speaks no TLS version that is allowed: \(reason)"
        case .noSharedCipher: "no cipher suite in common"
        case .noSharedGroup: "no key exchange group in common"
        case .noSharedSignatureAlgorithm: "no signature algorithm in common"
        case .noApplicationProtocol: "no application protocol in common"
        case .peerAlert: "the peer gave up with alert \(alert ?? 0): \(reason)"
        case .closedDuringHandshake: "the peer closed the connection during the handshake"
        case .badRecord: "a record could not be authenticated: \(reason)"
        case .recordFlood: "the peer sends records without end that carry no data"
        case .transport: "the connection failed: \(reason)"
        case .protocolViolation: "the peer broke the TLS protocol: \(reason)"
        case .internalError: "TLS failed on our side: \(reason)"
        }
    }
}

extension TLSFailure {
    /// The failure that OpenSSL just reported, read from its error queue, which is cleared.
    ///
    /// - Parameter ssl: asked for the verification result when a certificate was refused.
    static func fromErrorQueue(_ ssl: OpaquePointer?) -> TLSFailure {
        // The newest entry is ours even if other code left older ones behind.
        let code = takeTellingError()
        guard code != 0 else { return TLSFailure(.internalError) }
        if isRemoteKeyError(code) { return TLSFailure(.internalError, code: code) }
        guard shim_ERR_GET_LIB(code) == ERR_LIB_SSL else { return TLSFailure(.protocolViolation, code: code) }
        let reason = shim_ERR_GET_REASON(code)
        switch reason {
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
            let result = unsafe Int32(truncatingIfNeeded: SSL_get_verify_result(ssl))
            let isName =
                [X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH, X509_V_ERR_EMAIL_MISMATCH]
                .contains(result)
            return TLSFailure(isName ? .nameMismatch : .untrustedCertificate, code: code, verification: result)
        case _ where reason >= SSL_AD_REASON_OFFSET:
            return TLSFailure(.peerAlert, code: code)
        default:
            return TLSFailure(kinds[reason] ?? .protocolViolation, code: code)
        }
    }

    private static let kinds: [Int32: Kind] = [
        SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: .noPeerCertificate,
        SSL_R_HTTP_REQUEST: .plainHTTP,
        SSL_R_HTTPS_PROXY_REQUEST: .plainHTTP,
        SSL_R_WRONG_VERSION_NUMBER: .notTLS,
        SSL_R_UNSUPPORTED_PROTOCOL: .versionNotAllowed,
        SSL_R_VERSION_TOO_LOW: .versionNotAllowed,
        SSL_R_UNSUPPORTED_SSL_VERSION: .versionNotAllowed,
        SSL_R_NO_SHARED_CIPHER: .noSharedCipher,
        SSL_R_NO_SUITABLE_KEY_SHARE: .noSharedGroup,
        SSL_R_NO_SUITABLE_GROUPS: .noSharedGroup,
        SSL_R_NO_SHARED_GROUPS: .noSharedGroup,
        SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM: .noSharedSignatureAlgorithm,
        SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS: .noSharedSignatureAlgorithm,
        SSL_R_NO_APPLICATION_PROTOCOL: .noApplicationProtocol,
        SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC: .badRecord,
        SSL_R_PROTOCOL_IS_SHUTDOWN: .internalError,
        Int32(ERR_R_INTERNAL_ERROR): .internalError,
        Int32(ERR_R_MALLOC_FAILURE): .internalError,
    ]
}

/// OpenSSL's words for an error code; nil when it has none.
func reasonText(_ code: UInt) -> String? {
    guard let text = unsafe ERR_reason_error_string(code) else { return nil }
    return unsafe String(cString: text)
}
