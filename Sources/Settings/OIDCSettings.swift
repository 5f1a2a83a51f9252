internal import JSON

/// A signature algorithm that tokens may be signed with (RFC 7518 section 3.1, RFC 8037). `none` and the HMAC
/// algorithms are not among them and can't be switched on.
public enum TokenAlgorithm: String, CaseIterable, Equatable, Sendable {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    case rs256 = "RS256"
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    case rs384 = "RS384"
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    case rs512 = "RS512"
    /// RSASSA-PSS with SHA-256.
    case ps256 = "PS256"
    /// RSASSA-PSS with SHA-384.
    case ps384 = "PS384"
    /// RSASSA-PSS with SHA-512.
    case ps512 = "PS512"
    /// ECDSA with P-256 and SHA-256.
    case es256 = "ES256"
    /// ECDSA with P-384 and SHA-384.
    case es384 = "ES384"
    /// ECDSA with P-521 and SHA-512.
    case es512 = "ES512"
    /// Ed25519 (and Ed448).
    case edDSA = "EdDSA"
}

/// A place in a request where a token may be.
public enum TokenSourceSetting: String, CaseIterable, Equatable, Sendable {
    /// `Authorization: Bearer …`.
    case header
    /// A cookie.
    case cookie
    /// The parameter `access_token` of the query (RFC 6750 section 2.3).
    case query
    /// The list of offered subprotocols, for browsers.
    case `subprotocol`
}

/// What a request with a missing or bad token is answered with.
public enum RejectStatus: String, CaseIterable, Equatable, Sendable {
    /// As RFC 6750 section 3 has it.
    case unauthorized = "401"
    /// As the AWS sample answers.
    case forbidden = "403"

    /// The status code.
    public var code: Int { self == .unauthorized ? 401 : 403 }
}

/// The section `oidc`: whose tokens are accepted, and how the provider's keys are had.
public struct OIDCSettings: Equatable, Sendable {
    /// `discovery`: the address of the provider's configuration; nil when `jwksURI` and `issuer` are given instead.
    public var discovery: WebAddress?
    /// `jwksURI`: the address of the key set, when it isn't the one that the configuration names.
    public var jwksURI: WebAddress?
    /// `issuer`: what `iss` has to be, when it isn't the one that the configuration names.
    public var issuer: String?
    /// `audience`, `requiredScopes`, `requiredClaims`: what is asked of a token unless a listener says otherwise.
    public var policy = TokenPolicySettings()
    /// `audienceClaim`: the claims in which the audience is looked for, default `aud`; one match is enough.
    public var audienceClaim = ["aud"]
    /// `algorithms`: signature algorithms accepted, default all ten.
    public var algorithms = TokenAlgorithm.allCases
    /// `tokenTypes`: values of the header `typ` accepted where it is present, default `JWT` and `at+jwt`; empty: any.
    public var tokenTypes = ["JWT", "at+jwt"]
    /// `tokenTypeRequired`: whether a token without `typ` is refused, default false.
    public var tokenTypeRequired = false
    /// `tokenUse`: values of the claim `token_use` accepted (Cognito tells access tokens from ID tokens by it), default
    /// empty: any or none.
    public var tokenUse: [String] = []
    /// `leeway`: tolerance for `exp`, `nbf` and `iat`, default 60 s.
    public var leeway = Defaults.leeway
    /// `rejectStatus`: the answer to a missing or bad token, default 403.
    public var rejectStatus = RejectStatus.forbidden
    /// `realm`: the name in `WWW-Authenticate`, default `secure-proxy`.
    public var realm = Defaults.realm
    /// `tokenSources`: where a token is looked for, default the header alone.
    public var tokenSources = [TokenSourceSetting.header]
    /// `cookie`: the name of the cookie, default `access_token`.
    public var cookie = Defaults.tokenCookie
    /// `cooldown`: the least time between two fetches of the keys that tokens trigger, default 30 s.
    public var cooldown = Defaults.cooldown
    /// `minAge`: the shortest time that fetched keys count as fresh, default 60 s.
    public var minAge = Defaults.minKeyAge
    /// `maxAge`: the longest such time, and the one used when the provider doesn't say, default 10 min.
    public var maxAge = Defaults.maxKeyAge
    /// `discoveryMaxAge`: the longest time that the provider's configuration is used, default 1 h.
    public var discoveryMaxAge = Defaults.discoveryMaxAge
    /// `staleFor`: how long the last good keys serve on while the provider fails, default 1 h; zero: not at all.
    public var staleFor = Defaults.staleFor
    /// `fetchTimeout`: for one document of the provider, default 5 s.
    public var fetchTimeout = Defaults.fetchTimeout
    /// `ca`: the file with the authorities that the provider's certificate is verified with; nil: the system's.
    public var ca: String?
    /// `certificate`: the file with the certificate shown to the provider; nil: none.
    public var certificate: String?
    /// `key`: the file with its key.
    public var key: String?
    /// `endWithToken`: whether a tunnel ends when its token does, default true.
    public var endWithToken = true
    /// `endGrace`: how long a tunnel may outlive its token, default 0.
    public var endGrace: Duration = .zero
    /// `verdictCacheSize`: verdicts on tokens that a worker remembers, default 1,024; 0: none.
    public var verdictCacheSize = Defaults.verdictCacheSize

    /// The defaults; without a provider.
    public init() {}

    mutating func read(_ section: Section, _ directory: String) {
        section.webAddress("discovery", &discovery)
        section.webAddress("jwksURI", &jwksURI)
        section.text("issuer", &issuer)
        policy.readClaims(section)
        section.texts("audienceClaim", &audienceClaim)
        readAlgorithms(section)
        section.texts("tokenTypes", &tokenTypes)
        section.flag("tokenTypeRequired", &tokenTypeRequired)
        section.texts("tokenUse", &tokenUse)
        section.duration("leeway", &leeway, in: .zero ... .seconds(600))
        section.choice("rejectStatus", &rejectStatus)
        section.quotable("realm", &realm)
        section.choices("tokenSources", &tokenSources)
        section.token("cookie", &cookie)
        section.duration("cooldown", &cooldown, in: .seconds(1) ... .seconds(3600))
        section.duration("minAge", &minAge, in: .zero...Limits.day)
        section.duration("maxAge", &maxAge, in: .seconds(1)...Limits.day)
        // A short maxAge alone says enough.
        if !section.has("minAge") { minAge = min(minAge, maxAge) }
        section.duration("discoveryMaxAge", &discoveryMaxAge, in: .seconds(1) ... .seconds(7 * 86_400))
        section.duration("staleFor", &staleFor, in: .zero ... .seconds(7 * 86_400))
        section.duration("fetchTimeout", &fetchTimeout, in: .milliseconds(100) ... .seconds(60))
        section.file("ca", &ca, from: directory)
        section.file("certificate", &certificate, from: directory)
        section.key("key", &key, from: directory)
        section.flag("endWithToken", &endWithToken)
        section.duration("endGrace", &endGrace, in: .zero...Limits.day)
        section.integer("verdictCacheSize", &verdictCacheSize, in: 0...1_000_000)
        check(section)
    }

    /// A list with words of its own for the algorithms that are left out on purpose.
    private mutating func readAlgorithms(_ section: Section) {
        let forbidden = section.rawTexts("algorithms").first { $0.lowercased() == "none" || $0.hasPrefix("HS") }
        if let forbidden {
            _ = section.value("algorithms", .choices(TokenAlgorithm.allCases.map(\.rawValue)), default: nil)
            section.problem(
                "algorithms",
                "\"\(forbidden)\" can't be accepted: the provider's public keys don't protect such tokens",
                remedy: "leave it out; RS256 and ES256 are what most providers use")
            return
        }
        section.choices("algorithms", &algorithms)
    }

    private func check(_ section: Section) {
        if jwksURI != nil, discovery == nil, issuer == nil, !section.has("issuer"), !section.has("discovery") {
            section.problem(
                "issuer", "jwksURI alone doesn't say whose tokens are accepted",
                remedy: "add \"issuer\" with the value of the tokens' iss claim")
        }
        if minAge > maxAge {
            section.problem(
                "minAge", "it is longer than maxAge (\(DurationText.format(maxAge)))",
                remedy: "make it shorter, or maxAge longer"
            )
        }
        if audienceClaim.isEmpty {
            section.problem(
                "audienceClaim", "the list is empty",
                remedy: "name a claim such as \"aud\"; for any audience empty \"audience\"")
        }
        section.checkPair("certificate", certificate, "key", key)
    }
}

extension Section {
    /// The texts of a list as they stand, without any check.
    fileprivate func rawTexts(_ name: String) -> [String] { peek(name)?.array?.compactMap(\.string) ?? [] }

    /// Reads a text that fits between quotation marks in a header field.
    fileprivate func quotable(_ name: String, _ target: inout String) {
        var text = target
        self.text(name, &text)
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
        else {
            problem(
                name, "\(Self.quoted(.string(text))) can't stand in a header field",
                remedy: "use ASCII characters other than quotation marks and backslashes")
            return
        }
        target = text
    }

    /// Reads a token of HTTP (RFC 9110 section 5.6.2), such as the name of a cookie.
    fileprivate func token(_ name: String, _ target: inout String) {
        var text = target
        self.text(name, &text)
        let marks = Set("!#$%&'*+-.^_`|~".utf8)
        let isToken = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: marks.contains(byte)
            }
        }
        guard isToken else {
            problem(
                name, "\(Self.quoted(.string(text))) can't be a name here",
                remedy: "use letters, digits, hyphens and underscores")
            return
        }
        target = text
    }

    /// A certificate needs its key and a key its certificate.
    func checkPair(_ certificateName: String, _ certificate: String?, _ keyName: String, _ key: String?) {
        if certificate != nil, key == nil, !has(keyName) {
            problem(
                certificateName, "the certificate has no key",
                remedy: "add \"\(keyName)\" with the file of its private key")
        }
        if key != nil, certificate == nil, !has(certificateName) {
            problem(
                keyName, "the key has no certificate",
                remedy: "add \"\(certificateName)\" with the file of its certificate")
        }
    }
}
