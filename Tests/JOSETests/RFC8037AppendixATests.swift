import JOSE
import JSON
import Testing

/// RFC 8037 appendix A: EdDSA with Ed25519.
@Suite struct RFC8037AppendixATests {
    /// A.2; A.1 is the same with `d`.
    private static let key: JSONValue = [
        "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    ]

    /// A.4.
    private static let token =
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
        + "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"

    @Test func a1ThePrivateKeyIsRefusedWherePublished() throws {
        var members = try #require(Self.key.object)
        members["d"] = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
        let key: JSONValue = .object(members)
        #expect(try JWK(json: key).key.type == .okp(.ed25519))
        #expect(throws: JWKError.privateKeyPublished) { try JWK(json: key, privateMembers: .refused) }
    }

    @Test func a4And5TheSignatureIsRight() throws {
        let token = try JWS(compact: Self.token)
        #expect(token.payload == Array("Example of Ed25519 signing".utf8))
        try SignatureVerifier().verify(token, with: try JWK(json: Self.key))
    }

    @Test func a6And7KeysForAgreementAreRefused() {
        let x25519: JSONValue = [
            "kty": "OKP", "crv": "X25519", "kid": "Bob", "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08",
        ]
        #expect(throws: JWKError.unsupportedCurve("X25519")) { try JWK(json: x25519) }
    }
}
