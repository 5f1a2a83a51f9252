// PyPI's websocket-client and requests, used exactly as the predecessor's sample client uses them: its four scenarios,
// then how that library ends a connection.
import MockServers
import TestSupport
import Testing

@Suite(.enabled(if: Peers.areInstalled, Peers.absence)) struct WebSocketClientTests {
    static let script = "websocket_client_stories.py"
    static let stories = [
        "close_handshake", "configuration", "echo", "rejection", "rejection_without_token", "text_is_refused", "token",
    ]
    static let stage = Result { try Stage(in: .withKey()) }

    @Test(arguments: stories) func story(_ name: String) throws {
        let stage = try Self.stage.get()
        let outcome = try PeerOutcome.story(name, of: Self.script, stage.peerOptions())
        #expect(outcome.succeeded, "\(outcome)\n\(stage.daemon.account)")
    }

    @Test func everyStoryIsTold() throws {
        #expect(try PeerOutcome.stories(of: Self.script) == Self.stories.sorted())
    }
}
