/// Decides whether a token is signed by one of the known keys, in one of the allowed ways.
///
/// The order of the questions (RFC 8725 section 3): is the algorithm allowed, is it a token of the right kind, which one
/// key is meant, does that key go with the algorithm, is the signature right. The token never chooses more than one of
/// the keys that are known already.
public struct SignatureVerifier: Sendable {
    /// The algorithms that are accepted.
    public let algorithms: Set<Algorithm>
    /// The kinds of token that are accepted.
    public let types: TokenTypes

    /// Which values of `typ` are accepted, so that a token for another purpose, signed by the same provider with the
    /// same key, isn't taken for an access token (RFC 8725 section 3.11).
    public enum TokenTypes: Sendable, Equatable {
        /// Any, and nested tokens too: where only the signature is asked for.
        case any
        /// None, `JWT`, or `at+jwt` (RFC 9068 section 2.1); nested tokens are refused.
        case accessTokens
        /// None of these in particular: exactly the listed ones, compared without case and without `application/`;
        /// nested tokens are refused.
        case listed([String])

        func accepts(_ mediaType: String?) -> Bool {
            switch self {
            case .any: true
            case .accessTokens: mediaType == nil || mediaType == "jwt" || mediaType == "at+jwt"
            case .listed(let types): types.contains { JOSEHeader.shortened($0) == mediaType }
            }
        }
    }

    /// A verifier.
    ///
    /// - Parameters:
    ///   - algorithms: The algorithms to accept.
    ///   - types: The kinds of token to accept.
    public init(algorithms: Set<Algorithm> = Set(Algorithm.allCases), types: TokenTypes = .accessTokens) {
        self.algorithms = algorithms
        self.types = types
    }

    /// Verifies `jws` with the one key of `keys` that it means.
    ///
    /// - Returns: The key that signed.
    /// - Throws: ``JOSEError``, one case for each misdeed.
    @discardableResult
    public func verify(_ jws: JWS, with keys: JWKSet) throws(JOSEError) -> JWK {
        let algorithm = try admitted(jws.header)
        let candidates = keys.candidates(kid: jws.header.kid, algorithm: algorithm)
        guard let key = candidates.first else {
            guard let kid = jws.header.kid else { throw .noKeyFits(algorithm) }
            throw keys.contains(kid: kid) ? .keyDoesNotFit(algorithm) : .unknownKey(kid: kid)
        }
        guard candidates.count == 1 else { throw .ambiguousKey(count: candidates.count) }
        try verify(jws, algorithm, key)
        return key
    }

    /// Verifies `jws` with `key`, whatever either is called.
    ///
    /// - Throws: ``JOSEError``, one case for each misdeed.
    public func verify(_ jws: JWS, with key: JWK) throws(JOSEError) {
        let algorithm = try admitted(jws.header)
        guard key.admits(algorithm) else { throw .keyDoesNotFit(algorithm) }
        try verify(jws, algorithm, key)
    }

    /// The token's algorithm, when header and policy agree.
    private func admitted(_ header: JOSEHeader) throws(JOSEError) -> Algorithm {
        guard let algorithm = Algorithm(name: header.alg) else { throw .unsupportedAlgorithm(header.alg) }
        guard algorithms.contains(algorithm) else { throw .algorithmNotAllowed(algorithm) }
        guard types.accepts(header.mediaType) else { throw .typeNotAccepted(header.typ ?? "") }
        if types != .any, header.isNested { throw .nested }
        return algorithm
    }

    private func verify(_ jws: JWS, _ algorithm: Algorithm, _ key: JWK) throws(JOSEError) {
        guard key.key.verifies(jws.signature, of: jws.signingInput, algorithm: algorithm) else {
            throw .badSignature
        }
    }
}
