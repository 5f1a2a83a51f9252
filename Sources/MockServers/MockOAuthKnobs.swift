internal import HTTP1
public import JSON

/// What a test may turn about the tokens and documents of a ``MockOAuthServer``. The defaults are those of
/// mock-oauth2-server.
public struct MockOAuthKnobs: Sendable {
    /// Seconds from `iat` to `exp`; negative: the tokens are born expired.
    public var tokenLifetime: Int64 = 3600
    /// Seconds from now to `nbf` and `iat`; positive: the tokens are not valid yet.
    public var notBefore: Int64 = 0
    /// `iss` of tokens, where it shall differ from the issuer's address.
    public var tokenIssuer: String?
    /// `issuer` of the discovery document, where it shall differ from the issuer's address.
    public var discoveryIssuer: String?
    /// `jwks_uri` of the discovery document, where it shall lead elsewhere.
    public var jwksURI: String?
    /// `aud` of access tokens, where it shall differ from what the grant makes it.
    public var audience: [String]?
    /// Whether an audience of one is written as a string instead of an array.
    public var audienceAsString = false
    /// `sub`, where it shall differ from what the grant makes it.
    public var subject: String?
    /// Claims added to every token, or put in the place of others; `null` takes one out. `["scope": "read write"]`
    /// gives scopes.
    public var claims = JSONObject()
    /// Header parameters added to every token, or put in the place of others; `null` takes one out.
    public var header = JSONObject()
    /// What `/jwks` answers, where it shall not be the published keys.
    public var jwks: JSONValue?
    /// Fields added to the discovery document and the key set, such as `Cache-Control`.
    public var documentFields: [(name: String, value: String)] = []

    /// The defaults.
    public init() {}
}

/// Makes an endpoint fail, for a number of requests or until told otherwise.
public struct MockOAuthFault: Sendable {
    /// How it fails.
    public enum Kind: Sendable, Equatable {
        /// It answers as it should, only late (see ``MockOAuthFault/delay``).
        case none
        /// An error status.
        case status(Int)
        /// 200 with bytes that are no JSON.
        case garbage
        /// 200 with a JSON document that is valid and longer than so many bytes.
        case oversize(bytes: Int)
        /// 200 with this body.
        case body([UInt8])
        /// A redirect to this address.
        case redirect(to: String)
        /// The right answer, delivered in another way.
        case delivery(MockAnswer.Delivery)
    }

    /// How it fails.
    public var kind: Kind
    /// How long the answer is held back.
    public var delay: Duration
    /// How many requests it lasts for; nil: until it is healed.
    public var times: Int?

    /// A fault of these parts.
    public init(_ kind: Kind = .none, delay: Duration = .zero, times: Int? = nil) {
        self.kind = kind
        self.delay = delay
        self.times = times
    }

    /// The answer that this fault makes of the right one.
    func applied(to answer: MockAnswer) -> MockAnswer {
        var answer = answer
        switch kind {
        case .none: break
        case .status(let status): answer = .text("fault", status: status)
        case .garbage: answer.body = Array("<html>this is no JSON: {\"keys\": [".utf8)
        case .oversize(let bytes):
            answer.body = Array("{\"padding\":\"".utf8) + [UInt8](repeating: 0x78, count: bytes) + Array("\"}".utf8)
        case .body(let body): answer.body = body
        case .redirect(let target): answer = MockAnswer(status: 302, fields: ["location": target])
        case .delivery(let delivery): answer.delivery = delivery
        }
        answer.delay = delay
        return answer
    }
}
