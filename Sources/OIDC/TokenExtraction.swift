internal import Bytes
public import HTTP1

/// Finding the token of a request.
///
/// Rules:
/// 1. Only the places that are switched on are looked at; what stands elsewhere is no token.
/// 2. One token in the whole request. Two are refused even when they are equal (RFC 6750 section 2): whoever reads the
///    other one later (a log, an application) would see a token that was never checked.
/// 3. A place that holds something broken is refused, not skipped: an empty `Bearer`, an odd character.
/// 4. An empty cookie or query parameter is no token (RFC 6749 section 3.1); that is how they are deleted.
extension TokenSources {
    /// The token of `request`.
    ///
    /// - Throws: ``GateRefusal``, one case per fault; ``GateRefusal/noToken`` when there is none.
    public func token(of request: RequestHead) throws(GateRefusal) -> PresentedToken {
        var found = Found(limit: maxTokenBytes)
        if enabled.contains(.header) { try Self.readAuthorization(request.fields, &found) }
        if enabled.contains(.cookie) { try readCookies(request.fields, &found) }
        if enabled.contains(.query) { try Self.readQuery(of: request.target, &found) }
        var subprotocols = request.fields.list("Sec-WebSocket-Protocol")
        if enabled.contains(.subprotocol) { try Self.readSubprotocols(&subprotocols, &found) }
        guard let bytes = found.bytes, let source = found.source else { throw .noToken }
        return PresentedToken(bytes: bytes, source: source, subprotocols: subprotocols)
    }

    /// The token found so far; a second one is the refusal.
    private struct Found {
        let limit: Int
        var bytes: [UInt8]?
        var source: TokenSource?

        mutating func take(_ token: some Collection<UInt8>, from source: TokenSource) throws(GateRefusal) {
            guard bytes == nil else { throw .severalTokens }
            guard token.count <= limit else { throw .tokenTooLarge(limit: limit) }
            guard !token.isEmpty, token.allSatisfy(TokenSources.isTokenCharacter) else {
                throw .malformedCredentials(source)
            }
            bytes = Array(token)
            self.source = source
        }
    }

    /// RFC 6750 section 2.1: `Bearer` in any case, one space or more, then the token to the end of the line.
    private static func readAuthorization(_ fields: HeaderFields, _ found: inout Found) throws(GateRefusal) {
        let values = fields.allBytes("Authorization")
        guard let value = values.first else { return }
        // The field has one value (RFC 9110 section 11.6.2); of two, others may read the one that we don't.
        guard values.count == 1 else { throw .severalAuthorizations }
        let scheme = value.prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        // Another scheme is no token, as if the field weren't there.
        guard scheme.count == 6, Grammar.equalIgnoringCase(String(decoding: scheme, as: UTF8.self), "Bearer") else {
            return
        }
        try found.take(value[scheme.endIndex...].drop { $0 == UInt8(ascii: " ") }, from: .header)
    }

    /// RFC 6265 section 4.2.1.
    private func readCookies(_ fields: HeaderFields, _ found: inout Found) throws(GateRefusal) {
        for value in Cookies.values(named: cookieName, in: fields) where !value.isEmpty {
            try found.take(value.utf8, from: .cookie)
        }
    }

    /// The parameter may be spelt with percent signs; whoever decodes it later reads the same name.
    private static func readQuery(of target: String, _ found: inout Found) throws(GateRefusal) {
        for parameter in TargetParameters(target: target) where parameter.isNamed(queryParameter) {
            guard let value = parameter.decodedValue else { throw .malformedCredentials(.query) }
            if !value.isEmpty { try found.take(value, from: .query) }
        }
    }

    /// Takes the entries that carry a token out of the list. The token stands in base64url, as Kubernetes' clients
    /// write it, or, being made of token characters itself, plainly: the dots of a JWS tell the two apart.
    private static func readSubprotocols(_ list: inout [String], _ found: inout Found) throws(GateRefusal) {
        var kept: [String] = []
        for entry in list {
            guard entry.utf8.starts(with: subprotocolPrefix.utf8) else {
                kept.append(entry)
                continue
            }
            let text = Array(entry.utf8.dropFirst(subprotocolPrefix.utf8.count))
            if text.contains(UInt8(ascii: ".")) {
                try found.take(text, from: .subprotocol)
            } else {
                guard let token = Base64URL.decode(text.span) else { throw .malformedCredentials(.subprotocol) }
                try found.take(token, from: .subprotocol)
            }
        }
        list = kept
    }

    /// `b64token` of RFC 6750 section 2.1.
    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        Grammar.isAlpha(byte) || Grammar.isDigit(byte) || "-._~+/=".utf8.contains(byte)
    }
}
