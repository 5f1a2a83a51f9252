import OIDC
import Testing

@Suite struct TokenRedactionTests {
    @Test(arguments: [
        ("", ""),
        ("plain äöü eye", "plain äöü eye"),
        ("eyeyeyJ", "eyey[redacted]"),
        ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln", "[redacted]"),
        ("Bearer eyJhbGci.eyJz.c2ln", "Bearer [redacted]"),
        ("a eyJx.y.z, b eyJx.y.z.", "a [redacted], b [redacted]"),
        ("https://h/eyJx%2Ey%2Ez/rest", "https://h/[redacted]/rest"),
        ("user-eyJ_-=z\"", "user-[redacted]\""),
    ])
    func leavesTokensOut(text: String, expected: String) {
        #expect(TokenRedaction.redact(text) == expected)
    }
}
