/// A place in a request where a token may stand.
public enum TokenSource: String, Sendable, CaseIterable {
    /// `Authorization: Bearer <token>` (RFC 6750 section 2.1).
    case header
    /// A cookie, for browsers that logged in on the same site.
    case cookie
    /// The query parameter `access_token` (RFC 6750 section 2.3).
    case query
    /// An entry of `Sec-WebSocket-Protocol`, for browsers, which can't set other fields on a WebSocket.
    case subprotocol

    /// The place in words.
    public var words: String {
        switch self {
        case .header: "the Authorization field"
        case .cookie: "the cookie"
        case .query: "the query parameter access_token"
        case .subprotocol: "the subprotocol list"
        }
    }
}

/// Where a listener looks for tokens. What isn't switched on isn't looked at.
public struct TokenSources: Sendable, Equatable {
    /// The places looked at.
    public var enabled: Set<TokenSource>
    /// The name of the cookie; case matters (RFC 6265 section 4.2).
    public var cookieName: String
    /// The longest token taken, in bytes.
    public var maxTokenBytes: Int

    /// The query parameter's name (RFC 6750 section 2.3).
    public static let queryParameter = "access_token"
    /// What a subprotocol entry with a token begins with, as Kubernetes has made it known.
    public static let subprotocolPrefix = "base64url.bearer.authorization.k8s.io."
    /// 16 KiB: tokens of real providers stay below 4 KiB, and attackers probe with more.
    public static let defaultMaxTokenBytes = 16 * 1024

    /// The places `enabled` and how to read them.
    public init(
        _ enabled: Set<TokenSource> = [.header], cookieName: String = "access_token",
        maxTokenBytes: Int = TokenSources.defaultMaxTokenBytes
    ) {
        self.enabled = enabled
        self.cookieName = cookieName
        self.maxTokenBytes = maxTokenBytes
    }
}

/// The one token of a request, not yet looked into.
public struct PresentedToken: Sendable, Equatable {
    /// The token as it will be parsed.
    public let bytes: [UInt8]
    /// Where it stood.
    public let source: TokenSource
    /// The subprotocols that the client offers, without the entry that carried the token.
    public let subprotocols: [String]
}
