/// What an upstream may be told about the client's connection.
public struct ForwardedClient: Sendable, Equatable {
    /// The client's address, IPv6 without brackets.
    public var address: String
    /// The scheme the client used: `https` or `http`.
    public var proto: String
    /// The host the client asked for, with the port where it gave one.
    public var host: String?

    /// A client at `address` that asked for `host` over `proto`.
    public init(address: String, proto: String, host: String?) {
        self.address = address
        self.proto = proto
        self.host = host
    }
}

/// What happens to `X-Forwarded-For`, `-Proto`, `-Host` (and to `X-Real-IP` and RFC 7239's `Forwarded`, which say the
/// same). What a client says in them is a claim, not a fact.
public enum ForwardedPolicy: Sendable, Equatable {
    /// The client's own fields are passed on as they are.
    case passThrough
    /// The client's own fields are removed.
    case remove
    /// The client's own fields are removed and `X-Forwarded-*` say what is known: for a proxy that faces clients.
    case replace(ForwardedClient)
    /// The address is appended to the client's `X-Forwarded-For`; its proto and host stay where it sent them: for a
    /// proxy behind another that is trusted.
    case append(ForwardedClient)

    /// Applies the policy to `fields`.
    func apply(to fields: inout HeaderFields) {
        switch self {
        case .passThrough:
            break
        case .remove:
            Self.removeClaims(from: &fields)
        case .replace(let client):
            Self.removeClaims(from: &fields)
            fields.append("X-Forwarded-For", client.address)
            fields.append("X-Forwarded-Proto", client.proto)
            if let host = client.host { fields.append("X-Forwarded-Host", host) }
        case .append(let client):
            // Several lines are one list (RFC 9110 section 5.3); one line is what upstreams expect to read.
            let known = fields.list("X-Forwarded-For") + [client.address]
            fields.replace("X-Forwarded-For", known.joined(separator: ", "))
            if !fields.contains("X-Forwarded-Proto") { fields.append("X-Forwarded-Proto", client.proto) }
            if let host = client.host, !fields.contains("X-Forwarded-Host") {
                fields.append("X-Forwarded-Host", host)
            }
        }
    }

    private static func removeClaims(from fields: inout HeaderFields) {
        fields.remove("Forwarded")
        fields.remove("X-Real-IP")
        fields.remove(withPrefix: "x-forwarded-")
    }
}
