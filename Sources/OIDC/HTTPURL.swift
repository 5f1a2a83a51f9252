internal import HTTP1

/// An absolute `http` or `https` URL, taken apart once and strictly (RFC 3986, RFC 9110 section 4.2).
///
/// Only what a client may safely dial is accepted: no user information (RFC 9110 section 4.2.4), no fragment, no
/// characters that would need guessing. Scheme and host are kept in lower case and a default port is filled in, so two
/// spellings of one origin compare equal; path and query stay as written (a doubled slash included: real providers
/// publish such addresses).
public struct HTTPURL: Sendable, Hashable {
    /// The two schemes that this program dials.
    public enum Scheme: String, Sendable {
        /// Plain HTTP, default port 80.
        case http
        /// HTTP over TLS, default port 443.
        case https

        /// The port meant when the URL names none.
        public var defaultPort: UInt16 { self == .https ? 443 : 80 }
    }

    /// `http` or `https`.
    public let scheme: Scheme
    /// The host in lower case: a name, an IPv4 address, or an IPv6 address without its brackets.
    public let host: String
    /// Whether ``host`` is an IPv6 address.
    public let isIPv6: Bool
    /// The port to dial, never 0.
    public let port: UInt16
    /// The path, beginning with `/`.
    public let path: String
    /// What follows the `?`, or nil when there is none.
    public let query: String?

    /// The origin-form request target: path and query (RFC 9112 section 3.2.1).
    public var target: String { query.map { "\(path)?\($0)" } ?? path }

    /// The value for the `Host` field: an IPv6 address in brackets, the port only where it isn't the scheme's own.
    public var authority: String {
        let name = isIPv6 ? "[\(host)]" : host
        return port == scheme.defaultPort ? name : "\(name):\(port)"
    }

    /// Takes `text` apart.
    ///
    /// - Throws: ``HTTPURLError``, one case per fault.
    public init(_ text: some StringProtocol) throws(HTTPURLError) {
        let text = Substring(text)
        guard !text.isEmpty else { throw .empty }
        guard text.utf8.count <= Self.maxLength else { throw .tooLong(limit: Self.maxLength) }
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { throw .unknownScheme }
        guard let scheme = Scheme(rawValue: text[..<colon].lowercased()) else { throw .unknownScheme }
        let afterScheme = text[colon...]
        guard afterScheme.utf8.starts(with: "://".utf8) else { throw .noAuthority }
        let rest = afterScheme.dropFirst(3)
        let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
        let authority = rest[..<(end ?? rest.endIndex)]
        let tail = rest[(end ?? rest.endIndex)...]

        guard !authority.utf8.contains(UInt8(ascii: "@")) else { throw .userInformation }
        let (host, isIPv6, portText) = try HostGrammar.split(authority)
        self.scheme = scheme
        self.host = host
        self.isIPv6 = isIPv6
        self.port = try portText.map(Self.port) ?? scheme.defaultPort

        guard !tail.utf8.contains(UInt8(ascii: "#")) else { throw .fragment }
        try Self.checkCharacters(tail)
        if let mark = tail.utf8.firstIndex(of: UInt8(ascii: "?")) {
            self.path = mark == tail.startIndex ? "/" : String(tail[..<mark])
            self.query = String(tail[tail.utf8.index(after: mark)...])
        } else {
            self.path = tail.isEmpty ? "/" : String(tail)
            self.query = nil
        }
    }

    /// The longest URL accepted: as long as the longest request target that the proxy itself takes.
    public static let maxLength = 8192

    private static func port(_ digits: Substring) throws(HTTPURLError) -> UInt16 {
        // `UInt16("+80")` would be accepted by the standard library; the grammar is digits only.
        guard digits.utf8.allSatisfy(Grammar.isDigit), let port = UInt16(digits), port > 0
        else { throw .badPort }
        return port
    }

    /// RFC 3986 section 3.3: pchar, `/`, and in the query `?`; a percent sign starts exactly two hex digits.
    private static func checkCharacters(_ text: Substring) throws(HTTPURLError) {
        var hexDigitsDue = 0
        for byte in text.utf8 {
            if hexDigitsDue > 0 {
                guard Grammar.hexValue(byte) != nil else { throw .badPercentCoding }
                hexDigitsDue -= 1
            } else if byte == UInt8(ascii: "%") {
                hexDigitsDue = 2
            } else {
                guard Self.isPathOrQuery(byte) else { throw .badCharacter }
            }
        }
        guard hexDigitsDue == 0 else { throw .badPercentCoding }
    }

    private static func isPathOrQuery(_ byte: UInt8) -> Bool {
        Grammar.isAlpha(byte) || Grammar.isDigit(byte) || "-._~!$&'()*+,;=:@/?".utf8.contains(byte)
    }
}

extension HTTPURL: CustomStringConvertible {
    /// The URL in its normal form.
    public var description: String { "\(scheme.rawValue)://\(authority)\(target)" }
}

/// What is wrong with a text that should be an `http` or `https` URL.
public enum HTTPURLError: Error, Sendable, Equatable, CaseIterable, CustomStringConvertible {
    /// The text is empty.
    case empty
    /// The text is longer than `limit` bytes.
    case tooLong(limit: Int)
    /// The scheme is neither `http` nor `https`, or there is none.
    case unknownScheme
    /// The scheme isn't followed by `//`.
    case noAuthority
    /// A user name or a password stands before the host (RFC 9110 section 4.2.4).
    case userInformation
    /// There is no host.
    case noHost
    /// The host is neither a name nor an address.
    case badHost
    /// The port is not a number from 1 to 65535.
    case badPort
    /// A fragment (`#…`), which is never sent to a server.
    case fragment
    /// A character that a URL can't hold.
    case badCharacter
    /// A percent sign without two hex digits.
    case badPercentCoding

    /// Every case, once.
    public static let allCases: [HTTPURLError] = [
        .empty, .tooLong(limit: HTTPURL.maxLength), .unknownScheme, .noAuthority, .userInformation, .noHost, .badHost,
        .badPort, .fragment, .badCharacter, .badPercentCoding,
    ]

    /// What is wrong and what to write instead; never the URL itself.
    public var description: String {
        switch self {
        case .empty: "the URL is empty; write one such as https://idp.example/path"
        case .tooLong(let limit): "the URL is longer than \(limit) bytes"
        case .unknownScheme: "the URL must begin with http:// or https://"
        case .noAuthority: "the URL's scheme must be followed by // and a host"
        case .userInformation: "the URL must not hold a user name or password before the host"
        case .noHost: "the URL has no host"
        case .badHost: "the URL's host is neither a host name, an IPv4 address nor an IPv6 address in brackets"
        case .badPort: "the URL's port must be a number from 1 to 65535"
        case .fragment: "the URL must not hold a fragment (#…)"
        case .badCharacter: "the URL holds a character that must be percent-encoded"
        case .badPercentCoding: "the URL holds a percent sign that isn't followed by two hex digits"
        }
    }
}
