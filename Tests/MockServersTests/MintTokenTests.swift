import Bytes
import JOSE
import JSON
import MockServers
import System
import Testing

/// Tokens made in the test's own process, judged by the product's verifier.
@Suite struct MintTokenTests {
    private let server: MockOAuthServer

    init() throws { server = try MockOAuthServer(on: MockHost()) }

    private func verified(_ token: String) throws -> ClaimsSet {
        let keys = try JWKSet(json: server.publishedKeys())
        let jws = try JWS(compact: token)
        _ = try SignatureVerifier().verify(jws, with: keys)
        return try ClaimsSet(payload: jws.payload)
    }

    @Test func aPlainTokenIsGood() throws {
        let now = Clock.unix
        let claims = try verified(server.mintToken())
        #expect(claims.issuer == "\(server.baseAddress)/awsexample")
        #expect(claims.subject == "client")
        #expect(claims.audience == ["default"])
        #expect(claims.claim("azp") == "client")
        #expect(claims.claim("tid") == "awsexample")
        let expiry = try #require(claims.expiration)
        #expect((now.adding(seconds: 3600)...now.adding(seconds: 3610)).contains(expiry))
        #expect(claims.jwtID?.utf8.count == 36)
        let header = try JWS(compact: server.mintToken()).header
        #expect(header.alg == "RS256")
        #expect(header.kid == "awsexample")
        #expect(header.typ == "JWT")
    }

    @Test func claimsAndHeaderTakeChanges() throws {
        let token = server.mintToken(
            claims: ["aud": nil, "scope": "read write", "iss": "https://elsewhere"],
            header: ["typ": "at+jwt", "x": 1], lifetime: -60)
        let claims = try verified(token)
        #expect(claims.audience.isEmpty)
        #expect(claims.claim("scope") == "read write")
        #expect(claims.issuer == "https://elsewhere")
        #expect(try #require(claims.expiration) < Clock.unix)
        let header = try JWS(compact: token).header
        #expect(header.typ == "at+jwt")
        #expect(header.raw["x"] == 1)
    }

    @Test func knobsApplyToEveryToken() throws {
        server.adjust {
            $0.tokenLifetime = 5
            $0.notBefore = 100
            $0.tokenIssuer = "https://wrong"
            $0.audience = ["somebody else"]
            $0.audienceAsString = true
            $0.subject = "me"
            $0.claims["scope"] = "a"
        }
        let claims = try verified(server.mintToken())
        #expect(claims.issuer == "https://wrong")
        #expect(claims.claim("aud") == "somebody else")
        #expect(claims.subject == "me")
        #expect(claims.claim("scope") == "a")
        let start = try #require(claims.notBefore)
        #expect(start > Clock.unix.adding(seconds: 90))
        #expect(claims.expiration == start.adding(seconds: 5))
    }

    @Test func strangersAndForbiddenAlgorithmsAreRefused() throws {
        let (key, _) = server.signingKey()
        let attacks = [
            server.mintToken(key: SigningKey()),
            server.mintToken(algorithm: SigningAlgorithm.none),
            server.mintToken(key: SigningKey(secret: key.publicPEM), algorithm: .hs256),
            server.mintToken(header: ["alg": "ES256"]),
        ]
        for token in attacks { #expect(throws: (any Error).self) { try verified(token) } }
    }

    @Test(arguments: [SigningAlgorithm.es256, .ps256, .edDSA, .es512])
    func otherAlgorithmsByRotation(algorithm: SigningAlgorithm) throws {
        let old = server.mintToken()
        _ = try verified(old)
        #expect(server.rotateKeys(to: SigningKey(for: algorithm), keepsOld: true) == "awsexample-2")
        let token = server.mintToken()
        #expect(try JWS(compact: token).header.alg == algorithm.rawValue)
        _ = try verified(token)
        _ = try verified(old)
    }

    @Test func rotationUnderTheSameKeyID() throws {
        let old = server.mintToken()
        #expect(server.rotateKeys(keepsKeyID: true) == "awsexample")
        #expect(throws: JOSEError.self) { try verified(old) }
        _ = try verified(server.mintToken())
    }
}
