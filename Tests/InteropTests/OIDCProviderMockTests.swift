// PyPI's oidc-provider-mock, an identity provider that isn't ours: discovery, tokens that name no key, a login by the
// front door, its ID token at the gate, and its restart with another key.
import JSON
import MockServers
import System
import TestSupport
import Testing

@Suite(.enabled(if: Peers.areInstalled, Peers.absence)) struct OIDCProviderMockTests {
    static let script = "oidc_provider_stories.py"
    static let stories = [
        "configuration", "id_token_is_admitted", "opaque_access_token_is_refused", "other_audience_is_refused",
        "tampered_tokens_are_refused",
    ]

    /// The provider, and a daemon that believes it.
    final class Scene: Sendable {
        let world: MockWorld
        let provider: PeerServer
        let daemon: DaemonProcess
        let issuer: String
        let port: UInt16

        init() throws {
            world = try MockWorld()
            provider = try PeerServer("oidc_provider.py", ["0"])
            port = UInt16(clamping: provider.fact("port")?.integer ?? 0)
            issuer = "http://localhost:\(port)"
            var settings = DaemonSettings(
                discovery: "\(issuer)/.well-known/openid-configuration",
                backendPort: try world.application().address.port)
            settings["oidc", "audience"] = ["web-client"]
            // Its endpoints are not beside its discovery document.
            settings["gateway", "routes"] = ["/authorize": "/oauth2/authorize", "/token": "/oauth2/token"]
            daemon = try DaemonProcess(settings)
        }

        func run(_ story: String, _ more: JSONObject = [:]) throws -> PeerOutcome {
            var options = daemon.peerOptions(["issuer": .string(issuer)])
            for (name, value) in more { options[name] = value }
            return try PeerOutcome.story(story, of: OIDCProviderMockTests.script, options)
        }
    }
    static let scene = Result { try Scene() }

    @Test(arguments: stories) func story(_ name: String) throws {
        let scene = try Self.scene.get()
        let outcome = try scene.run(name)
        #expect(outcome.succeeded, "\(outcome)\n\(scene.daemon.account)")
    }

    /// Tokens that name no key: a signature that doesn't match is what tells.
    @Test func aRestartWithAnotherKey() throws {
        let scene = try Scene()
        let before = try scene.run("id_token_is_admitted")
        let token = try #require(before.fact("token"), "\(before)\n\(scene.daemon.account)")
        scene.provider.stop()
        let restarted = try PeerServer("oidc_provider.py", ["\(scene.port)"])
        let after = try scene.run("token_of_before_is_refused", ["token": token])
        #expect(after.succeeded, "\(after)\n\(scene.daemon.account)")
        restarted.stop()
    }

    @Test func everyStoryIsTold() throws {
        #expect(try PeerOutcome.stories(of: Self.script) == (Self.stories + ["token_of_before_is_refused"]).sorted())
    }
}
