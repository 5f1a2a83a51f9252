// PyPI's aiohttp: a third WebSocket implementation, and a client whose pool keeps connections.
import MockServers
import TestSupport
import Testing

@Suite(.enabled(if: Peers.areInstalled, Peers.absence)) struct AiohttpTests {
    static let script = "aiohttp_stories.py"
    static let stories = [
        "compression_is_declined", "echo", "front_door_keeps_the_connection", "heartbeat", "rejection",
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
