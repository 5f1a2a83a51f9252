/// What a line of the access log can say, with nginx's names for what nginx has.
///
/// There is none for the query's values, `Authorization`, cookies and the subprotocols offered: tokens stand there.
public enum AccessVariable: String, CaseIterable, Sendable {
    // nginx's own.
    case remoteAddress = "remote_addr"
    case remotePort = "remote_port"
    case remoteUser = "remote_user"
    case timeLocal = "time_local"
    case timeISO8601 = "time_iso8601"
    case milliseconds = "msec"
    case pid
    case request
    case requestMethod = "request_method"
    case requestURI = "request_uri"
    case uri
    case arguments = "args"
    case serverProtocol = "server_protocol"
    case status
    case bodyBytesSent = "body_bytes_sent"
    case requestTime = "request_time"
    case host = "http_host"
    case referer = "http_referer"
    case userAgent = "http_user_agent"
    case forwardedFor = "http_x_forwarded_for"
    case origin = "http_origin"
    case tlsProtocol = "ssl_protocol"
    case tlsCipher = "ssl_cipher"
    case tlsServerName = "ssl_server_name"
    case tlsSessionReused = "ssl_session_reused"
    case tlsClientSubject = "ssl_client_s_dn"
    case tlsClientSerial = "ssl_client_serial"
    case tlsClientFingerprint = "ssl_client_fingerprint"
    case serverPort = "server_port"
    case upstreamAddress = "upstream_addr"
    case upstreamStatus = "upstream_status"
    case upstreamConnectTime = "upstream_connect_time"
    case upstreamResponseTime = "upstream_response_time"
    case upstreamBytesSent = "upstream_bytes_sent"
    case upstreamBytesReceived = "upstream_bytes_received"
    // This proxy's own: who, where, and how it ended.
    case tlsClientNames = "ssl_client_san"
    case listener
    case subject = "sub"
    case clientID = "client_id"
    case tokenID = "jti"
    case closeCode = "close_code"
    case closeSent = "close_sent"
    case closeReceived = "close_received"
    case closedBy = "closed_by"
    case reason

    /// What it says, in words, for the manual.
    public var meaning: String {
        switch self {
        case .remoteAddress: "the client's address"
        case .remotePort: "the client's port; with the address it finds the connection's lines in the error log"
        case .remoteUser: "the token's `sub`, else the client certificate's common name"
        case .timeLocal: "when the line was written, as `31/Jan/2026:12:00:00 +0000`, always in UTC"
        case .timeISO8601: "the same as `2026-01-31T12:00:00+00:00`"
        case .milliseconds: "the same in seconds since 1970, with milliseconds"
        case .pid: "the worker's process"
        case .request: "method, target and version; the query's text is left out"
        case .requestMethod: "the method"
        case .requestURI: "path, and `?[redacted]` where there was a query"
        case .uri: "the path"
        case .arguments: "`[redacted]` where there was a query"
        case .serverProtocol: "the request's HTTP version"
        case .status: "the answer's status; 101 for a tunnel"
        case .bodyBytesSent: "bytes of body or payload that the client was sent"
        case .requestTime: "seconds from the request's beginning (a tunnel's: the connection's) to the line"
        case .host: "`Host`"
        case .referer: "`Referer` without its query"
        case .userAgent: "`User-Agent`"
        case .forwardedFor: "`X-Forwarded-For`, as the client sent it"
        case .origin: "`Origin`"
        case .tlsProtocol: "the TLS version agreed on"
        case .tlsCipher: "the cipher suite agreed on"
        case .tlsServerName: "the name that the client asked for (SNI)"
        case .tlsSessionReused: "`r` where an earlier TLS session was resumed, else `.`"
        case .tlsClientSubject: "the subject of the client's certificate"
        case .tlsClientSerial: "the serial number of the client's certificate"
        case .tlsClientFingerprint: "the SHA-256 of the client's certificate"
        case .serverPort: "the port that the client came to"
        case .upstreamAddress: "the backend's or upstream's host and port"
        case .upstreamStatus: "the upstream's status, where it is not a tunnel"
        case .upstreamConnectTime: "seconds that reaching the backend or upstream took"
        case .upstreamResponseTime:
            "seconds from reaching the upstream to the end of its response; a tunnel's: its length"
        case .upstreamBytesSent: "bytes of body or payload that the backend or upstream was sent"
        case .upstreamBytesReceived: "bytes of body or payload that came from it"
        case .tlsClientNames:
            "the alternative names of the client's certificate, such as `DNS:a.example,URI:spiffe://…`"
        case .listener: "the listener's name"
        case .subject: "the token's `sub`"
        case .clientID: "the token's `client_id`, else its `azp`"
        case .tokenID: "the token's `jti`"
        case .closeCode: "the close code that ended the tunnel: the client's where it closed, else this proxy's"
        case .closeSent: "the close code that this proxy sent"
        case .closeReceived: "the close code that the client sent"
        case .closedBy: "whose act ended the tunnel: `client`, `backend` or `proxy`"
        case .reason: "why it ended, or why it was refused, in words"
        }
    }

    /// Whether its text comes from elsewhere (a peer, a token) and may hold anything.
    public var isForeign: Bool {
        switch self {
        case .remoteUser, .request, .requestMethod, .requestURI, .uri, .host, .referer, .userAgent, .forwardedFor,
            .origin,
            .tlsServerName, .tlsClientSubject, .tlsClientNames, .subject, .clientID, .tokenID, .reason:
            true
        default: false
        }
    }

    /// Whether it is a number, which JSON writes without quotation marks.
    public var isNumber: Bool {
        switch self {
        case .remotePort, .milliseconds, .pid, .status, .bodyBytesSent, .requestTime, .serverPort, .upstreamStatus,
            .upstreamConnectTime, .upstreamResponseTime, .upstreamBytesSent, .upstreamBytesReceived, .closeCode,
            .closeSent, .closeReceived:
            true
        default: false
        }
    }
}
