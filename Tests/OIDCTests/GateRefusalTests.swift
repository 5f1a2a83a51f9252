import JOSE
import OIDC
import Testing

@Suite("GateRefusal: one case per misdeed, and what the client hears of it")
struct GateRefusalTests {
    private static let all: [(refusal: GateRefusal, kind: GateRefusal.Kind, label: String)] = [
        (.noToken, .missingToken, "no_token"), (.severalTokens, .invalidToken, "several_tokens"),
        (.severalAuthorizations, .invalidToken, "several_authorizations"),
        (.malformedCredentials(.cookie), .invalidToken, "malformed_credentials"),
        (.tokenTooLarge(limit: 5), .invalidToken, "token_too_large"),
        (.malformedToken(.encrypted), .invalidToken, "malformed_token"),
        (.signature(.badSignature), .invalidToken, "signature"),
        (.signature(.unknownKey(kid: "secret-kid")), .invalidToken, "key"),
        (.signature(.unsupportedAlgorithm("secret-alg")), .invalidToken, "algorithm"),
        (.signature(.algorithmNotAllowed(.rs256)), .invalidToken, "algorithm"),
        (.malformedClaims(.notAnObject), .invalidToken, "malformed_claims"), (.wrongType, .invalidToken, "type"),
        (.wrongIssuer, .invalidToken, "issuer"), (.wrongAudience, .invalidToken, "audience"),
        (.noExpiry, .invalidToken, "no_expiry"), (.expired, .invalidToken, "expired"),
        (.notYetValid, .invalidToken, "not_yet_valid"), (.issuedInFuture, .invalidToken, "issued_in_future"),
        (.wrongTokenUse, .invalidToken, "token_use"),
        (.missingClaim(name: "secret\"claim"), .insufficientScope, "claim"),
        (.wrongClaim(name: "secret\\claim"), .insufficientScope, "claim"),
        (.missingScope(name: "secret\r\nscope"), .insufficientScope, "scope"),
    ]

    @Test("the kind decides the error code (RFC 6750 section 3.1)", arguments: all)
    func kinds(refusal: GateRefusal, kind: GateRefusal.Kind, label: String) {
        #expect(refusal.kind == kind)
        #expect(refusal.label == label)
        switch kind {
        case .missingToken: #expect(refusal.errorCode == nil)
        case .invalidToken: #expect(refusal.errorCode == "invalid_token")
        case .insufficientScope: #expect(refusal.errorCode == "insufficient_scope")
        }
    }

    @Test(
        "RFC 6750 section 3: error_description fits between quotes and tells nothing of token or settings",
        arguments: all)
    func errorDescription(refusal: GateRefusal, kind: GateRefusal.Kind, label: String) {
        let text = refusal.errorDescription
        #expect(text.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C })
        #expect(!text.contains("secret"))
        #expect(text.utf8.count < 60)
    }

    @Test("the log's words hold no control characters", arguments: all)
    func description(refusal: GateRefusal, kind: GateRefusal.Kind, label: String) {
        #expect(!refusal.description.isEmpty)
        #expect(!refusal.description.unicodeScalars.contains { $0.value < 0x20 })
    }
}
