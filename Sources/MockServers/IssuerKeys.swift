internal import JSON

/// The keys of one issuer: one signs, some are published.
struct IssuerKeys: Sendable {
    struct Named: Sendable {
        let keyID: String
        let key: SigningKey
    }

    /// Signs new tokens.
    private(set) var current: Named
    /// In the key set, the current one first.
    private(set) var published: [Named]
    private var generation = 1

    /// The first key's id is the issuer's, as with mock-oauth2-server.
    init(issuerID: String) {
        current = Named(keyID: issuerID, key: SigningKey(for: .rs256))
        published = [current]
    }

    /// Puts a new key in the place of the current one.
    ///
    /// - Parameter keepsKeyID: whether it takes over the old one's id; otherwise it is `<issuer>-2`, `-3`, …
    /// - Parameter keepsOld: whether the old key stays published.
    mutating func rotate(issuerID: String, key: SigningKey, keepsKeyID: Bool, keepsOld: Bool) {
        generation += 1
        current = Named(keyID: keepsKeyID ? current.keyID : "\(issuerID)-\(generation)", key: key)
        published = [current] + (keepsOld ? published : [])
    }

    /// The key set (RFC 7517 section 5).
    var publicSet: JSONValue {
        ["keys": .array(published.map { .object($0.key.publicJWK(keyID: $0.keyID)) })]
    }
}
