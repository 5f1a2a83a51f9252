internal import Bytes
public import JSON

/// The protected header of a JWS (RFC 7515 section 4).
///
/// Parameters that bring a key along or point to one (`jwk`, `jku`, `x5u`, `x5c`, `x5t`) are read by nobody: a token
/// doesn't choose the key that judges it (RFC 8725 sections 2.8 and 3.10). They don't make a token invalid either.
public struct JOSEHeader: Sendable {
    /// The algorithm that the token claims, as it spells it; may be any text (section 4.1.1).
    public let alg: String
    /// The key's identifier, which is compared and never interpreted (section 4.1.4, RFC 8725 section 2.7).
    public let kid: String?
    /// The token's media type, as it spells it (section 4.1.9).
    public let typ: String?
    /// The payload's media type, as it spells it (section 4.1.10).
    public let cty: String?
    /// All parameters in their order.
    public let raw: JSONObject

    /// Reads the header in `json`, the decoded first part of a token.
    ///
    /// - Throws: ``JWSError`` when it isn't a header, or demands what this project doesn't do.
    public init(json: [UInt8]) throws(JWSError) {
        let value: JSONValue
        do throws(JSONError) { value = try JSON.parse(json) } catch {
            throw .headerNotJSON(reason: "\(error)".printable)
        }
        guard let object = value.object else { throw .headerNotAnObject }
        try Self.refuseExtensions(object)
        guard let algorithm = try Self.text("alg", in: object) else { throw .missingAlgorithm }
        alg = algorithm
        kid = try Self.text("kid", in: object)
        typ = try Self.text("typ", in: object)
        cty = try Self.text("cty", in: object)
        raw = object
    }

    /// Whether the payload is itself a token (RFC 7519 section 5.2).
    public var isNested: Bool { cty.map { Self.shortened($0) == "jwt" } ?? false }

    /// `typ` in lower case and without `application/`, which may be left out (RFC 7515 section 4.1.9); nil without one.
    public var mediaType: String? { typ.map(Self.shortened) }

    /// `type` in lower case and without the prefix that may be left out. Only ASCII is folded.
    static func shortened(_ type: String) -> String {
        var bytes = type.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        let prefix = Array("application/".utf8)
        if bytes.starts(with: prefix), !bytes.dropFirst(prefix.count).contains(UInt8(ascii: "/")) {
            bytes.removeFirst(prefix.count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Refuses what changes the meaning of a JWS in a way that isn't implemented here.
    private static func refuseExtensions(_ object: JSONObject) throws(JWSError) {
        // RFC 7797 section 3: true is what is done anyway.
        if let unencoded = object["b64"], unencoded.bool != true { throw .unencodedPayload }
        if object["zip"] != nil { throw .compressed }
        guard let critical = object["crit"] else { return }
        guard let names = critical.array, !names.isEmpty else { throw .malformedCritical }
        var listed: [String] = []
        for name in names {
            guard let text = name.string else { throw .malformedCritical }
            listed.append(text)
        }
        throw .criticalExtensions(listed)
    }

    private static func text(_ name: String, in object: JSONObject) throws(JWSError) -> String? {
        guard let value = object[name] else { return nil }
        guard let text = value.string else { throw .wrongType(parameter: name) }
        return text
    }
}
