public import TLS

/// What logs say of a client's TLS connection. It is asked for when a line is written: until then it costs nothing.
public struct TLSFacts: Sendable {
    /// The version agreed on.
    public var version: TLSVersion?
    /// The cipher suite agreed on, as OpenSSL calls it.
    public var cipher: String?
    /// The name that the client asked for (SNI); unverified text.
    public var serverName: String?
    /// Whether an earlier session was resumed.
    public var isResumed = false
    /// The names in the client's verified certificate; nil without one.
    public var client: PeerIdentity?

    /// Nothing is known: the handshake was never completed.
    public init() {}

    /// What is known of `connection`.
    public init(_ connection: TLSConnection) {
        version = connection.protocolVersion
        guard version != nil else { return }
        cipher = connection.cipherName
        serverName = connection.serverName
        isResumed = connection.sessionReused
        client = connection.peerIdentity
    }

    /// The alternative names of the client's certificate, each with its kind, as OpenSSL lists them.
    public var clientNames: String? {
        guard let client else { return nil }
        let names =
            client.dnsNames.map { "DNS:\($0)" } + client.uris.map { "URI:\($0)" } + client.emails.map { "email:\($0)" }
            + client.ipAddresses.map { "IP:\($0)" }
        return names.isEmpty ? nil : names.joined(separator: ",")
    }
}
