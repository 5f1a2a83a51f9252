internal import Bytes

/// A JSON Web Signature in compact serialization, taken apart but **not** verified (RFC 7515 section 7.1).
///
/// Nothing in it may be trusted before ``SignatureVerifier`` has agreed.
public struct JWS: Sendable {
    /// The decoded header.
    public let header: JOSEHeader
    /// The decoded payload; any bytes, also none.
    public let payload: [UInt8]
    /// What the signature is over: the first two parts as they came, with the dot between them.
    public let signingInput: [UInt8]
    /// The decoded signature; never empty.
    public let signature: [UInt8]

    /// How large a token may be.
    public struct Limits: Sendable {
        /// The longest token, in bytes. Tokens of real providers stay below 4 KiB; groups and roles in claims make the
        /// larger ones.
        public var maxBytes: Int
        /// The longest decoded header, in bytes. A usual one has 100; a certificate chain in `x5c` takes a few KiB.
        public var maxHeaderBytes: Int

        /// Limits for tokens from clients: 16 KiB, of which 8 KiB header.
        public init(maxBytes: Int = 16 * 1024, maxHeaderBytes: Int = 8 * 1024) {
            self.maxBytes = maxBytes
            self.maxHeaderBytes = maxHeaderBytes
        }
    }

    /// Takes `compact` apart.
    ///
    /// - Throws: ``JWSError``, one case for each misdeed.
    public init(compact: Span<UInt8>, limits: Limits = Limits()) throws(JWSError) {
        guard compact.count <= limits.maxBytes else { throw .tooLarge(limit: limits.maxBytes) }
        let (firstDot, secondDot) = try Self.dots(in: compact)
        guard let headerJSON = Base64URL.decode(compact.extracting(0..<firstDot)) else { throw .badBase64(.header) }
        guard headerJSON.count <= limits.maxHeaderBytes else { throw .headerTooLarge(limit: limits.maxHeaderBytes) }
        guard let payload = Base64URL.decode(compact.extracting(firstDot + 1..<secondDot)) else {
            throw .badBase64(.payload)
        }
        guard let signature = Base64URL.decode(compact.extracting(secondDot + 1..<compact.count)) else {
            throw .badBase64(.signature)
        }
        header = try JOSEHeader(json: headerJSON)
        // Last, so that a header that is refused for itself says so.
        guard !signature.isEmpty else { throw .emptySignature }
        self.payload = payload
        self.signature = signature
        signingInput = compact.copy(0..<secondDot)
    }

    /// Takes `compact` apart.
    ///
    /// - Throws: ``JWSError``, one case for each misdeed.
    public init(compact: String, limits: Limits = Limits()) throws(JWSError) {
        let bytes = Array(compact.utf8)
        try self.init(compact: bytes.span, limits: limits)
    }

    /// The positions of the two dots.
    private static func dots(in compact: Span<UInt8>) throws(JWSError) -> (Int, Int) {
        if !compact.isEmpty, compact[0] == UInt8(ascii: "{") { throw .jsonSerialization }
        var first = 0
        var second = 0
        var count = 0
        for index in 0..<compact.count where compact[index] == UInt8(ascii: ".") {
            count += 1
            if count == 1 { first = index }
            if count == 2 { second = index }
        }
        switch count {
        case 2: return (first, second)
        case 4: throw .encrypted
        default: throw .wrongPartCount(count + 1)
        }
    }
}
