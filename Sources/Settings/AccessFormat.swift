internal import JSON

/// How a line of the access log is put together: taken apart once, when the settings are read.
///
/// A format is written as nginx's `log_format` is: text with `$name` or `${name}` where a value belongs. `$` itself
/// can't be written, as in nginx.
public struct AccessFormat: Equatable, Sendable {
    /// One piece of a line.
    public enum Part: Equatable, Sendable {
        /// Text as it stands.
        case text(String)
        /// A value. Between quotation marks of the format, spaces in it are harmless.
        case value(AccessVariable, isQuoted: Bool)
    }

    /// How it is written in the settings.
    public let source: String
    /// The pieces, in order; empty for ``json``.
    public let parts: [Part]

    /// `json`: one object a line with the names and values of ``main``, those that have no value left out.
    public static let json = AccessFormat(source: "json", parts: [])
    /// `main`: the predecessor's `key=value` line, with what an audit asks for.
    public static let main = AccessFormat(source: "main", parts: mainParts)

    /// The names of ``main`` and of ``json`` and their values.
    public static let mainFields: [(name: String, variable: AccessVariable)] = [
        ("remote_addr", .remoteAddress), ("remote_port", .remotePort), ("remote_user", .remoteUser),
        ("time_iso8601", .timeISO8601), ("request", .request), ("status", .status),
        ("body_bytes_sent", .bodyBytesSent), ("request_time", .requestTime), ("http_host", .host),
        ("http_referer", .referer), ("http_user_agent", .userAgent), ("http_x_forwarded_for", .forwardedFor),
        ("ssl_protocol", .tlsProtocol), ("ssl_cipher", .tlsCipher), ("ssl_server_name", .tlsServerName),
        ("ssl_client_san", .tlsClientNames), ("listener", .listener), ("server_port", .serverPort),
        ("sub", .subject), ("client_id", .clientID), ("jti", .tokenID), ("close_code", .closeCode),
        ("closed_by", .closedBy), ("reason", .reason), ("up_addr", .upstreamAddress), ("up_status", .upstreamStatus),
        ("up_conn_time", .upstreamConnectTime), ("up_resp_time", .upstreamResponseTime),
        ("up_bytes_s", .upstreamBytesSent), ("up_bytes_r", .upstreamBytesReceived),
    ]

    private static var mainParts: [Part] {
        var parts: [Part] = []
        for (index, field) in mainFields.enumerated() {
            let isQuoted = field.variable.isForeign
            let quote = isQuoted ? "\"" : ""
            let before = index == 0 ? "" : mainFields[index - 1].variable.isForeign ? "\" " : " "
            parts.append(.text("\(before)\(field.name)=\(quote)"))
            parts.append(.value(field.variable, isQuoted: isQuoted))
        }
        if mainFields.last?.variable.isForeign == true { parts.append(.text("\"")) }
        return parts
    }

    private init(source: String, parts: [Part]) {
        self.source = source
        self.parts = parts
    }

    /// The format called `source`, or that it spells.
    public init(_ source: String) throws(AccessFormatError) {
        switch source {
        case "main": self = .main
        case "json": self = .json
        default: self = AccessFormat(source: source, parts: try Self.parse(source))
        }
    }

    private static func parse(_ source: String) throws(AccessFormatError) -> [Part] {
        var parts: [Part] = []
        var text = ""
        var isQuoted = false
        var hasValue = false
        var rest = source.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "$" else {
                if scalar == "\"" { isQuoted.toggle() }
                text.unicodeScalars.append(scalar)
                continue
            }
            let variable = try variable(at: &rest)
            if !text.isEmpty { parts.append(.text(text)) }
            text = ""
            parts.append(.value(variable, isQuoted: isQuoted))
            hasValue = true
        }
        if !text.isEmpty { parts.append(.text(text)) }
        guard hasValue else { throw .nothingToSay(source) }
        return parts
    }

    /// Reads a variable's name behind its `$`.
    private static func variable(at rest: inout Substring.UnicodeScalarView) throws(AccessFormatError) -> AccessVariable
    {
        let isBraced = rest.first == "{"
        if isBraced { rest.removeFirst() }
        var name = ""
        while let scalar = rest.first, isNameScalar(scalar) {
            name.unicodeScalars.append(scalar)
            rest.removeFirst()
        }
        guard !name.isEmpty else { throw .bareDollar }
        if isBraced {
            guard rest.popFirst() == "}" else { throw .openBrace(name) }
        }
        if let variable = AccessVariable(rawValue: name) { return variable }
        throw isSecret(name) ? .secret(name) : .unknown(name)
    }

    private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_")
    }

    /// What a token or a password may stand in.
    private static func isSecret(_ name: String) -> Bool {
        let names: Set = [
            "http_authorization", "http_proxy_authorization", "http_cookie", "http_sec_websocket_protocol",
            "query_string",
            "request_body",
        ]
        return names.contains(name) || name.hasPrefix("cookie_") || name.hasPrefix("arg_")
    }
}

/// Why a text is no format of the access log.
public enum AccessFormatError: Error, Equatable, Sendable {
    /// A `$` without a name behind it.
    case bareDollar
    /// A `${` without its `}`.
    case openBrace(String)
    /// A variable that isn't one of ``AccessVariable``.
    case unknown(String)
    /// A variable of nginx that would write a token.
    case secret(String)
    /// A text without any variable.
    case nothingToSay(String)

    /// What is wrong.
    public var problem: String {
        switch self {
        case .bareDollar: "there is a $ without a name behind it"
        case .openBrace(let name): "the brace of ${\(name) is not closed"
        case .unknown(let name): "there is no variable $\(name)"
        case .secret(let name): "$\(name) would write tokens or passwords into the log"
        case .nothingToSay: "there is no variable in this format"
        }
    }

    /// What to do about it.
    public var remedy: String {
        switch self {
        case .bareDollar: "write $name or ${name}; the sign itself cannot be written"
        case .openBrace(let name): "write ${\(name)}"
        case .unknown(let name):
            NearestName.of(name, among: AccessVariable.allCases.map(\.rawValue)).map { "did you mean $\($0)?" }
                ?? "docs/LOGS.md lists the variables"
        case .secret: "leave it out; $sub, $client_id and $jti say whose token it was"
        case .nothingToSay(let source):
            NearestName.of(source, among: ["main", "json"]).map { "did you mean \"\($0)\"?" }
                ?? "write \"main\", \"json\", or a format with variables such as \"$remote_addr $status\""
        }
    }
}

extension Section {
    /// Reads a format of the access log.
    func accessFormat(_ name: String, _ target: inout AccessFormat) {
        var source = target.source
        text(name, &source)
        guard source != target.source else { return }
        do throws(AccessFormatError) {
            target = try AccessFormat(source)
        } catch {
            problem(name, error.problem, remedy: error.remedy)
        }
    }
}
