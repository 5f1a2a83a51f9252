// The provider signs with a new key: under a new identifier, or under the old one.
import JSON
import MockServers
import TestSupport
import Testing

@Suite struct ProviderRotationTests {
    @Test func aNewIdentifierTakesOneFetch() throws {
        let scene = try ProviderScene()
        let old = scene.world.token()
        #expect(try scene.tryBridge(token: old) == .admitted, "\(scene.daemon.account)")
        #expect(scene.keyRequests == 1)
        scene.oauth.rotateKeys()
        #expect(try scene.tryBridge(token: scene.world.token()) == .admitted, "\(scene.daemon.account)")
        #expect(scene.keyRequests == 2)
        #expect(try scene.tryBridge(token: scene.world.token(claims: ["sub": "another"])) == .admitted)
        #expect(scene.keyRequests == 2, "known keys need no fetch")
        let after = try scene.tryBridge(token: old)
        #expect(after.status == 403, "its key is no longer published, whatever the verdict cache remembers: \(after)")
    }

    /// As when mock-oauth2-server is started anew: the identifier is known, the signature is what doesn't match.
    @Test func theSameIdentifierTakesOneFetchToo() throws {
        let scene = try ProviderScene()
        #expect(try scene.tryBridge(token: scene.world.token()) == .admitted, "\(scene.daemon.account)")
        scene.oauth.rotateKeys(keepsKeyID: true)
        #expect(try scene.tryBridge(token: scene.world.token()) == .admitted, "\(scene.daemon.account)")
        #expect(scene.keyRequests == 2)
    }

    /// A second rotation right after the first has to wait for the cool-down, and then works.
    @Test(arguments: [true, false]) func fetchesAreThrottled(_ keepsKeyID: Bool) throws {
        let scene = try ProviderScene { $0["oidc", "cooldown"] = "5s" }
        #expect(try scene.tryBridge(token: scene.world.token()) == .admitted, "\(scene.daemon.account)")
        scene.oauth.rotateKeys(keepsKeyID: keepsKeyID)
        #expect(try scene.tryBridge(token: scene.world.token()) == .admitted, "\(scene.daemon.account)")
        scene.oauth.rotateKeys(keepsKeyID: keepsKeyID)
        let token = scene.world.token()
        #expect(try scene.tryBridge(token: token).status == 403, "within the cool-down\n\(scene.daemon.account)")
        #expect(scene.keyRequests == 2)
        #expect(try scene.tryUntilAdmitted(token: token) == .admitted, "\(scene.daemon.account)")
        #expect(scene.keyRequests == 3)
    }

    /// Forged tokens cost the provider one fetch for each cool-down, however many there are.
    @Test(arguments: [true, false]) func forgedTokensDoNotFlood(_ hasKnownIdentifier: Bool) throws {
        let scene = try ProviderScene { $0["oidc", "cooldown"] = "60s" }
        #expect(try scene.tryBridge(token: scene.world.token()) == .admitted, "\(scene.daemon.account)")
        let stranger = SigningKey()
        for number in 0..<10 {
            let forged = scene.oauth.mintToken(
                claims: ["sub": .string("forger \(number)")],
                header: hasKnownIdentifier ? [:] : ["kid": .string("key \(number)")], key: stranger)
            let admission = try scene.tryBridge(token: forged)
            #expect(admission == .refused(status: 403, retryAfter: nil, error: "invalid_token"))
        }
        #expect(scene.keyRequests == 2)
        #expect(try scene.tryBridge(token: scene.world.token()) == .admitted, "\(scene.daemon.account)")
    }

    /// The old key stays published beside the new one, as careful providers do: nobody notices.
    @Test func anOverlap() throws {
        let scene = try ProviderScene()
        let old = scene.world.token()
        #expect(try scene.tryBridge(token: old) == .admitted, "\(scene.daemon.account)")
        scene.oauth.rotateKeys(keepsOld: true)
        #expect(try scene.tryBridge(token: scene.world.token()) == .admitted, "\(scene.daemon.account)")
        #expect(try scene.tryBridge(token: old) == .admitted, "\(scene.daemon.account)")
    }

    /// A rotation that nobody asks about is found in the background.
    @Test func theBackgroundFetchFindsIt() throws {
        let scene = try ProviderScene { $0["oidc", "maxAge"] = "1s" }
        #expect(try scene.tryBridge(token: scene.world.token()) == .admitted, "\(scene.daemon.account)")
        let asked = scene.keyRequests
        #expect(scene.keysWereAskedFor(asked + 2), "fetched again without a reason")
    }
}
