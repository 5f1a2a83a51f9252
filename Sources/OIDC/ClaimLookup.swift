internal import JOSE
internal import JSON

/// Reading claims in the shapes that providers give them.
extension ClaimsSet {
    /// The claim called `name`; where there is none, what is found by following `name` from object to object at its dots
    /// (Keycloak's `realm_access.roles`). The whole name comes first, since names may be URLs.
    func value(at name: String) -> JSONValue? {
        if let value = claim(name) { return value }
        guard name.utf8.contains(UInt8(ascii: ".")) else { return nil }
        var value = JSONValue.object(raw)
        for step in name.split(separator: ".", omittingEmptySubsequences: false) {
            guard let next = value[String(step)] else { return nil }
            value = next
        }
        return value
    }

    /// Whether `scope` was granted. RFC 8693 section 4.2 has one text with spaces in `scope`; others write an array, or
    /// call the claim `scp`.
    func grants(scope wanted: String) -> Bool {
        for name in Self.scopeClaims {
            switch claim(name) {
            case .string(let text)?:
                if text.utf8.split(separator: UInt8(ascii: " ")).contains(where: { $0.elementsEqual(wanted.utf8) }) {
                    return true
                }
            case .array(let elements)?:
                if elements.contains(where: { $0.string?.isExactly(wanted) ?? false }) { return true }
            default: continue
            }
        }
        return false
    }

    /// All scopes granted, in the order of the token.
    var scopes: [String] {
        Self.scopeClaims.flatMap { name -> [String] in
            switch claim(name) {
            case .string(let text)?: text.split(separator: " ").map(String.init)
            case .array(let elements)?: elements.compactMap(\.string)
            default: []
            }
        }
    }

    /// Who the token was issued to: `client_id` (RFC 8693 section 4.3, Cognito), or `azp` (OpenID Connect, Keycloak).
    var clientID: String? { claim("client_id")?.string ?? claim("azp")?.string }

    private static let scopeClaims = ["scope", "scp"]
}
