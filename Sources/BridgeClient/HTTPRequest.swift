public import HTTP1

/// A request that a client sends; Host, Content-Length and Connection are added when it leaves.
public struct HTTPRequest: Sendable {
    /// The method, a token.
    public var method: String
    /// Path and query.
    public var target: String
    /// Further fields.
    public var fields: HeaderFields
    /// The content; nil: none, and no Content-Length.
    public var body: [UInt8]?

    /// A request without content unless `body` is given.
    public init(method: String = "GET", target: String, fields: HeaderFields = [:], body: [UInt8]? = nil) {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
    }

    /// A POST of a form (application/x-www-form-urlencoded).
    public static func form(_ target: String, _ parameters: [(name: String, value: String)]) -> HTTPRequest {
        let text = parameters.map { pair in
            PercentEncoding.encode(pair.name) + "=" + PercentEncoding.encode(pair.value)
        }
        let fields: HeaderFields = ["Content-Type": "application/x-www-form-urlencoded"]
        return HTTPRequest(
            method: "POST", target: target, fields: fields, body: Array(text.joined(separator: "&").utf8))
    }

    /// The request's bytes, for the server at `endpoint`; one request for each connection.
    func bytes(for endpoint: ClientEndpoint) -> [UInt8] {
        var all = HeaderFields()
        all.append("Host", endpoint.description)
        for field in fields { all.append(field) }
        if !fields.contains("Accept") { all.append("Accept", "application/json, */*;q=0.5") }
        if let body { all.append("Content-Length", String(body.count)) }
        all.append("Connection", "close")
        let head = RequestHead(method: method, target: target, fields: all)
        return HeadSerializer.serialize(head) + (body ?? [])
    }
}
