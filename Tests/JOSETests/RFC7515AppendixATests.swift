import Bytes
import JOSE
import JSON
import Testing

/// RFC 7515 appendix A: the examples of the standard itself.
@Suite struct RFC7515AppendixATests {
    /// The payload of A.1 to A.3: `{"iss":"joe", …}`.
    private static let payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

    private static let rsaKey: JSONValue = [
        "kty": "RSA",
        "n": .string(
            "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR"
                + "T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e"
                + "-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NA"
                + "co9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"),
        "e": "AQAB",
    ]

    private static let rsaSignature =
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdb"
        + "F9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN93"
        + "83LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIh"
        + "WkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"

    private static let p256Key: JSONValue = [
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    ]

    private static let p256Signature =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"

    private static let p521Key: JSONValue = [
        "kty": "EC", "crv": "P-521",
        "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
        "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
    ]

    private static let verifier = SignatureVerifier()

    @Test func a1HMACIsRefusedEvenThoughItIsRight() throws {
        let token = try JWS(
            compact:
                "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\(Self.payload).dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        let secret: JSONValue = [
            "kty": "oct",
            "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
        ]
        #expect(throws: JWKError.symmetricKey) { try JWK(json: secret) }
        #expect(throws: JOSEError.unsupportedAlgorithm("HS256")) {
            try Self.verifier.verify(token, with: try JWKSet(json: ["keys": [secret]]))
        }
    }

    @Test func a2RSASSAPKCS1() throws {
        let token = try JWS(compact: "eyJhbGciOiJSUzI1NiJ9.\(Self.payload).\(Self.rsaSignature)")
        try Self.verifier.verify(token, with: try JWK(json: Self.rsaKey))
        let claims = try ClaimsSet(payload: token.payload)
        #expect(claims.issuer == "joe")
        #expect(claims.expiration == UnixTime(seconds: 1_300_819_380))
        #expect(claims.claim("http://example.com/is_root") == true)
    }

    @Test func a3ECDSAP256() throws {
        let token = try JWS(compact: "eyJhbGciOiJFUzI1NiJ9.\(Self.payload).\(Self.p256Signature)")
        try Self.verifier.verify(token, with: try JWK(json: Self.p256Key))
    }

    @Test func a4ECDSAP521() throws {
        let signature =
            "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2Y"
            + "BJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"
        let token = try JWS(compact: "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.\(signature)")
        #expect(token.payload == Array("Payload".utf8))
        try Self.verifier.verify(token, with: try JWK(json: Self.p521Key))
    }

    @Test func a5UnsecuredIsRefused() {
        #expect(throws: JWSError.emptySignature) { try JWS(compact: "eyJhbGciOiJub25lIn0.\(Self.payload).") }
    }

    @Test func a6GeneralJSONSerializationIsRefused() {
        let text =
            #"{"payload":"\#(Self.payload)","signatures":[{"protected":"eyJhbGciOiJSUzI1NiJ9","#
            + #""header":{"kid":"2010-12-29"},"signature":"\#(Self.rsaSignature)"},{"protected":"eyJhbGciOiJFUzI1NiJ9","#
            + #""header":{"kid":"e9bc097a"},"signature":"\#(Self.p256Signature)"}]}"#
        #expect(throws: JWSError.jsonSerialization) { try JWS(compact: text) }
    }

    @Test func a7FlattenedJSONSerializationIsRefused() {
        let text =
            #"{"payload":"\#(Self.payload)","protected":"eyJhbGciOiJFUzI1NiJ9","#
            + #""header":{"kid":"e9bc097a"},"signature":"\#(Self.p256Signature)"}"#
        #expect(throws: JWSError.jsonSerialization) { try JWS(compact: text) }
    }

    @Test func anyChangedBitOfASignatureIsNoticed() throws {
        let key = try JWK(json: Self.p256Key)
        let token = try JWS(compact: "eyJhbGciOiJFUzI1NiJ9.\(Self.payload).\(Self.p256Signature)")
        for bit in 0..<token.signature.count * 8 {
            var signature = token.signature
            signature[bit / 8] ^= 1 << (bit % 8)
            #expect(!key.key.verifies(signature, of: token.signingInput, algorithm: .es256), "bit \(bit)")
        }
    }
}
