// Debian's glewlwyd, an identity provider in C with a crypto library of its own: one issuer for each kind of signature,
// RFC 9068 access tokens (`typ` at+jwt), and its token endpoint behind the front door.
import JSON
import MockServers
import System
import TestSupport
import Testing

@Suite(
    .enabled(if: Peers.areInstalled, Peers.absence),
    .enabled(if: File.permissions("/usr/bin/glewlwyd") != nil, "Debian's package glewlwyd is not installed"))
struct GlewlwydTests {
    static let script = "glewlwyd_stories.py"
    static let stories = [
        "access_token_is_admitted", "tampered_tokens_are_refused", "wrong_secret_is_the_providers_matter",
    ]

    /// The provider.
    struct Scene {
        let world: MockWorld
        let provider: PeerServer
        let application: TCPApplication
        let directory: String

        init() throws {
            world = try MockWorld()
            application = try world.application()
            directory = try TemporaryDirectory.make()
            provider = try PeerServer("glewlwyd_provider.py", [directory])
        }

        /// A daemon that believes the issuer that signs with `algorithm`, and accepts nothing else.
        func daemon(_ algorithm: String) throws -> DaemonProcess {
            guard let issuer = provider.fact("issuers")?[algorithm]?.string else {
                throw HarnessError("no issuer: \(provider.output)")
            }
            var settings = DaemonSettings(
                discovery: "\(issuer)/.well-known/openid-configuration", backendPort: application.address.port)
            settings["oidc", "audience"] = ["bridge"]
            settings["oidc", "requiredScopes"] = ["bridge"]
            settings["oidc", "algorithms"] = [.string(algorithm)]
            settings["oidc", "tokenTypes"] = ["at+jwt"]
            settings["oidc", "tokenTypeRequired"] = true
            return try DaemonProcess(settings)
        }
    }
    static let scene = Result { try Scene() }

    @Test(arguments: ["RS256", "PS256", "ES256", "EdDSA"]) func signedWith(_ algorithm: String) throws {
        let scene = try Self.scene.get()
        let daemon = try scene.daemon(algorithm)
        for name in Self.stories {
            var options = daemon.peerOptions()
            for fact in ["client", "secret", "scope"] { options[fact] = scene.provider.fact(fact) }
            let outcome = try PeerOutcome.story(name, of: Self.script, options)
            #expect(outcome.succeeded, "\(name): \(outcome)\n\(daemon.account)")
        }
    }

    @Test func everyStoryIsTold() throws {
        #expect(try PeerOutcome.stories(of: Self.script) == Self.stories.sorted())
    }
}
