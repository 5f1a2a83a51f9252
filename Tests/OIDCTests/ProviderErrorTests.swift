import OIDC
import Testing

@Suite("ProviderError: what the operator reads")
struct ProviderErrorTests {
    @Test("messages name the document, the fault, and the remedy where there is one")
    func messages() {
        let expected: [(ProviderError, String)] = [
            (.fetch(.discovery, .timedOut), "discovery document: the provider didn't answer in time"),
            (
                .fetch(.keySet, .unreachable(reason: "connection refused")),
                "key set: the provider can't be reached: connection refused"
            ),
            (.redirected(.keySet, status: 302), "configure the final address"),
            (.badStatus(.discovery, status: 500), "status 500"),
            (.wrongIssuer(found: "a", expected: "b"), "set it as oidc.issuer"), (.issuerUnknowable, "set oidc.issuer"),
            (.noUsableKeys(skipped: 0), "it is empty"), (.noUsableKeys(skipped: 3), "none of its 3 keys"),
            (.badAddress(name: "jwks_uri", reason: .badPort), "1 to 65535"), (.insecureKeysAddress, "plain http"),
            (.missingMember(name: "issuer"), "missing"), (.tooLarge(.keySet, limit: 7), "7 bytes"),
        ]
        for (error, words) in expected { #expect(error.description.contains(words), "\(error)") }
    }

    @Test("caps: 256 KiB of metadata, 1 MiB of keys")
    func caps() {
        #expect(KeyDocument.discovery.maxBytes == 262_144)
        #expect(KeyDocument.keySet.maxBytes == 1_048_576)
    }
}
