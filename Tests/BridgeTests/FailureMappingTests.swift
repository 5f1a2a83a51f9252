import HTTP1
import JOSE
import OIDC
import Reactor
import System
import Testing
import WebSocket

@testable import Bridge
@testable import OIDC

/// Every row of the answer table that is decided before a tunnel exists. What the wire shows is tested with sockets
/// elsewhere.
@Suite struct FailureMappingTests {
    private let challenge = Challenge(status: 401, realm: "here", retryAfter: 9)

    private func answer(_ failure: BridgeFailure) -> HTTPAnswer {
        FailureMapping.answer(to: failure, challenge: challenge)
    }

    @Test func requestsThatBreakHTTP() {
        #expect(answer(.http(.headTimedOut)).status == 408)
        #expect(answer(.http(.targetTooLong(limit: 1))).status == 414)
        #expect(answer(.http(.headTooLarge(limit: 1))).status == 431)
        #expect(answer(.http(.repeatedHost)).status == 400)
        #expect(answer(.http(.lengthWithTransferEncoding)).status == 400)
        #expect(answer(.plainHTTP).status == 400)
    }

    @Test func requestsThatAreNoUpgrade() {
        let method = answer(.handshake(.methodNotGet))
        #expect(method.status == 405)
        #expect(method.fields.first("Allow") == "GET")
        let version = answer(.handshake(.unsupportedVersion))
        #expect(version.status == 426)
        #expect(version.fields.first("Sec-WebSocket-Version") == "13")
        #expect(answer(.handshake(.upgradeNotWebSocket)).status == 400)
        #expect(answer(.handshake(.noCommonSubprotocol(supported: "binary"))).status == 400)
        #expect(answer(.handshake(.bodyNotAllowed)).status == 400)
        #expect(answer(.handshake(.malformedKey)).status == 400)
    }

    @Test func noTokenIsAChallengeWithoutAnError() {
        let answer = answer(.gate(.noToken))
        #expect(answer.status == 401)
        #expect(answer.fields.first("WWW-Authenticate") == "Bearer realm=\"here\"")
    }

    @Test func aBadTokenIsInvalidToken() throws {
        for refusal in [GateRefusal.expired, .wrongIssuer, .wrongAudience, .severalTokens, .noExpiry] {
            let answer = answer(.gate(refusal))
            #expect(answer.status == 401)
            let field = try #require(answer.fields.first("WWW-Authenticate"))
            #expect(field.hasPrefix("Bearer realm=\"here\", error=\""))
            #expect(field.contains("error_description=\""))
            #expect(answer.body.hasPrefix("invalid jwt: "))
        }
        #expect(answer(.gate(.expired)).fields.first("WWW-Authenticate")?.contains("\"invalid_token\"") == true)
    }

    @Test func theDefaultStatusIs403() {
        #expect(FailureMapping.answer(to: .expired, challenge: Challenge()).status == 403)
        #expect(FailureMapping.answer(to: .noToken, challenge: Challenge()).status == 403)
    }

    @Test func tooLittleGrantedIs403WhateverTheStatus() {
        for refusal in [
            GateRefusal.missingScope(name: "s"), .missingClaim(name: "c"), .wrongClaim(name: "c"),
        ] {
            let answer = answer(.gate(refusal))
            #expect(answer.status == 403)
            #expect(answer.fields.first("WWW-Authenticate")?.contains("error=\"insufficient_scope\"") == true)
        }
    }

    @Test func whatPassesByItselfTellsWhenToComeBack() {
        let keys = answer(.keysUnavailable(KeysUnavailable(retryAfter: 3, lastFailure: nil)))
        #expect(keys.status == 503)
        #expect(keys.fields.first("Retry-After") == "3")
        for failure in [BridgeFailure.full, .draining] {
            #expect(answer(failure).status == 503)
            #expect(answer(failure).fields.first("Retry-After") == "9")
        }
    }

    @Test func backends() {
        let secret = "10.1.2.3:9000"
        let refused = answer(.dial(.failed(address: secret, SystemError("connect", code: 111))))
        #expect(refused.status == 502)
        #expect(!refused.body.contains("10.1.2.3"))
        #expect(answer(.dial(.timedOut(after: .seconds(1)))).status == 504)
    }

    @Test func nothingLeaks() {
        // A provider's address and a realm with quotes stay where they are.
        let keys = KeysUnavailable(
            retryAfter: 1, lastFailure: .fetch(.keySet, .unreachable(reason: "https://idp.internal/jwks")))
        #expect(!answer(.keysUnavailable(keys)).body.contains("idp.internal"))
        let odd = Challenge(realm: "a\"b\\c\r\nX: y")
        let field = FailureMapping.answer(to: .noToken, challenge: odd).fields.first("WWW-Authenticate")
        #expect(field == "Bearer realm=\"a'b'c'X: y\"" || field == "Bearer realm=\"a'b'c''X: y\"")
    }

    @Test func answersAreWholeAndTheLastOnTheirConnection() throws {
        let answer = HTTPAnswer(418, "short and stout", fields: ["Allow": "GET"])
        var parser = ResponseHeadParser()
        let bytes = answer.serialized()
        guard case .head(let head, let consumed) = try parser.receive(bytes.span) else {
            Issue.record("no head")
            return
        }
        #expect(head.status == 418)
        #expect(head.fields.first("Connection") == "close")
        #expect(head.fields.first("Cache-Control") == "no-store")
        #expect(head.fields.first("Content-Length") == String(bytes.count - consumed))
        #expect(String(decoding: bytes[consumed...], as: UTF8.self) == "short and stout\n")
        // In answer to HEAD: the same head alone.
        #expect(answer.serialized(withBody: false) == Array(bytes[..<consumed]))
    }
}
