/// What TLS signs, told apart by its shape. A key holder signs nothing else, so that whoever takes over a worker can't
/// have it sign a certificate request, a token, or an order to revoke the certificate.
///
/// A signature is made over one of:
///  1. TLS 1.3 (RFC 8446 section 4.4.3): 64 spaces, the words for server or client, a zero, a transcript hash.
///  2. TLS 1.2, server (RFC 5246 section 7.4.3, RFC 8422 section 5.4): both randoms, then the named curve and the point
///     of an ephemeral key exchange, to the last byte.
///  3. TLS 1.2, client (RFC 5246 section 7.4.8): the handshake messages so far, from ClientHello to ClientKeyExchange.
enum HandshakeMessage: Equatable {
    case certificateVerify
    case serverKeyExchange
    case handshakeSoFar

    /// The shape of `bytes`; nil when it is none of TLS's.
    init?(_ bytes: Span<UInt8>) {
        if Self.isCertificateVerify(bytes) {
            self = .certificateVerify
        } else if Self.isServerKeyExchange(bytes) {
            self = .serverKeyExchange
        } else if Self.isHandshakeSoFar(bytes) {
            self = .handshakeSoFar
        } else {
            return nil
        }
    }

    /// Whether TLS signs this so. TLS 1.3 has no PKCS#1 v1.5 in handshakes (RFC 8446 section 4.2.3).
    func allows(_ scheme: SignatureScheme) -> Bool {
        switch self {
        case .certificateVerify:
            switch scheme {
            case .rsaPKCS1WithSHA256, .rsaPKCS1WithSHA384, .rsaPKCS1WithSHA512: false
            default: true
            }
        case .serverKeyExchange, .handshakeSoFar: true
        }
    }

    /// What TLS 1.3 signs for a transcript of which `hash` is the hash.
    static func certificateVerify(hash: [UInt8]) -> [UInt8] {
        [UInt8](repeating: 0x20, count: spaces) + Array(words[0]) + [0] + hash
    }

    private static let spaces = 64
    private static let words = ["TLS 1.3, server CertificateVerify", "TLS 1.3, client CertificateVerify"].map {
        Array($0.utf8)
    }

    private static func isCertificateVerify(_ bytes: Span<UInt8>) -> Bool {
        let start = spaces + words[0].count + 1
        // The cipher suites of TLS 1.3 hash with SHA-256 or SHA-384.
        guard bytes.count == start + 32 || bytes.count == start + 48 else { return false }
        for index in 0..<spaces where bytes[index] != 0x20 { return false }
        guard bytes[start - 1] == 0 else { return false }
        return words.contains { words in
            for index in words.indices where bytes[spaces + index] != words[index] { return false }
            return true
        }
    }

    private static func isServerKeyExchange(_ bytes: Span<UInt8>) -> Bool {
        // Randoms 32 + 32, the kind "named curve" 1, the curve 2, the point's length 1, the point.
        let header = 68
        guard bytes.count > header, bytes[64] == 3 else { return false }
        // The longest point is one of P-521.
        let length = Int(bytes[67])
        return (32...133).contains(length) && bytes.count == header + length
    }

    private static func isHandshakeSoFar(_ bytes: Span<UInt8>) -> Bool {
        let (clientHello, serverHello, clientKeyExchange): (UInt8, UInt8, UInt8) = (1, 2, 16)
        var types: [UInt8] = []
        var position = 0
        while position < bytes.count {
            // Type 1, length 3.
            guard bytes.count - position >= 4 else { return false }
            let length =
                Int(bytes[position + 1]) << 16 | Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
            // A client's half of a handshake has fewer than ten messages.
            guard types.count < 16, bytes.count - position - 4 >= length else { return false }
            types.append(bytes[position])
            position += 4 + length
        }
        return types.count >= 3 && types[0] == clientHello && types[1] == serverHello
            && types.last == clientKeyExchange
    }
}
