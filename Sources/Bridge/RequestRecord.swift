public import HTTP1
public import OIDC

/// What logs may say of a request and its token, packed into one allocation: a tunnel keeps it for its whole life.
///
/// Each text is cut at ``maximumLength`` bytes. The query and what looks like a token are left out when the record is
/// made, so that nobody who reads it can write them.
public struct RequestRecord: Sendable {
    /// One text.
    public enum Field: UInt8, CaseIterable, Sendable {
        /// The method.
        case method
        /// The path, and `?[redacted]` where a query followed.
        case target
        /// `HTTP/1.1`.
        case version
        /// `Host`.
        case host
        /// `Referer`, without query and fragment.
        case referer
        /// `User-Agent`.
        case userAgent
        /// `X-Forwarded-For`.
        case forwardedFor
        /// `Origin`.
        case origin
        /// The token's `sub`.
        case subject
        /// The token's `client_id`, else its `azp`.
        case clientID
        /// The token's `jti`.
        case tokenID
    }

    /// The longest text, in bytes of UTF-8; what is longer ends with `…`.
    public static let maximumLength = 512

    /// For each text that there is: the field, its length (two bytes, low first), its bytes.
    private var packed: [UInt8] = []

    /// Of a connection that sent no request.
    public init() {}

    /// Of a request, and of the token that let it in.
    public init(_ head: RequestHead?, identity: TokenIdentity? = nil) {
        guard let head else { return }
        var size = 0
        var texts: [(Field, String)] = []
        func note(_ field: Field, _ text: String?) {
            guard let text, !text.isEmpty else { return }
            let safe = Self.cut(TokenRedaction.redact(text))
            texts.append((field, safe))
            size += 3 + safe.utf8.count
        }
        note(.method, head.method)
        let hasQuery = head.query != nil
        note(.target, Self.safePath(head.path) + (hasQuery ? "?\(TargetRedaction.placeholder)" : ""))
        note(.version, head.version.text)
        note(.host, head.host)
        note(.referer, head.fields.first("Referer").map(Self.withoutQuery))
        note(.userAgent, head.fields.first("User-Agent"))
        note(.forwardedFor, head.fields.first("X-Forwarded-For"))
        note(.origin, head.fields.first("Origin").map(Self.withoutQuery))
        note(.subject, identity?.subject)
        note(.clientID, identity?.clientID)
        note(.tokenID, identity?.tokenID)
        packed.reserveCapacity(size)
        for (field, text) in texts {
            let length = text.utf8.count
            packed += [field.rawValue, UInt8(truncatingIfNeeded: length), UInt8(truncatingIfNeeded: length >> 8)]
            packed += text.utf8
        }
    }

    /// The text of `field`; nil where there was none.
    public subscript(field: Field) -> String? {
        var position = 0
        while position + 3 <= packed.count {
            let start = position + 3
            let end = start + Int(packed[position + 1]) + Int(packed[position + 2]) << 8
            if packed[position] == field.rawValue { return String(decoding: packed[start..<end], as: UTF8.self) }
            position = end
        }
        return nil
    }

    /// The path alone.
    public var path: String? { self[.target].map { String($0.prefix { $0 != "?" }) } }

    /// Whether the target had a query.
    public var hasQuery: Bool { self[.target]?.utf8.contains(UInt8(ascii: "?")) ?? false }

    /// A path without the segments that hold a token. A token hidden behind percent signs costs the whole path.
    private static func safePath(_ path: String) -> String {
        let safe = TargetRedaction.redactPath(path)
        guard safe.utf8.contains(UInt8(ascii: "%")), let decoded = try? PercentEncoding.decode(safe.utf8.span) else {
            return safe
        }
        let text = String(decoding: decoded, as: UTF8.self)
        return text == TokenRedaction.redact(text) ? safe : "/\(TargetRedaction.placeholder)"
    }

    /// Cuts between characters, so that what is left is still UTF-8.
    private static func cut(_ text: String) -> String {
        guard text.utf8.count > maximumLength else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: maximumLength - 3)
        while end > text.startIndex, text.utf8[end] & 0xC0 == 0x80 { end = text.utf8.index(before: end) }
        return String(text[..<end]) + "…"
    }

    /// An address without what follows the path, and without the name and password that may stand before the host.
    private static func withoutQuery(_ address: String) -> String {
        var text = address.prefix { $0 != "?" && $0 != "#" }
        if let scheme = text.utf8.firstIndex(of: UInt8(ascii: ":")) {
            let authority = text.utf8[scheme...].dropFirst().prefix { $0 == UInt8(ascii: "/") }.endIndex
            let end = text.utf8[authority...].firstIndex(of: UInt8(ascii: "/")) ?? text.endIndex
            if let at = text.utf8[authority..<end].lastIndex(of: UInt8(ascii: "@")) {
                text = text[..<authority] + text[text.utf8.index(after: at)...]
            }
        }
        return safePath(String(text))
    }
}
