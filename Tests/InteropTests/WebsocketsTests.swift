// PyPI's websockets (asyncio) with an echo behind the bridge, with one that stalls, and with servers written in Python.
import JSON
import MockServers
import TestSupport
import Testing

@Suite(.enabled(if: Peers.areInstalled, Peers.absence)) struct WebsocketsTests {
    static let script = "websockets_stories.py"
    /// With an echo application.
    static let echoStories = [
        "close_codes", "compression_is_declined", "echo_8_mib", "fragmented_messages", "frame_that_is_too_large",
        "messages_stay_below_max_size", "no_subprotocol", "ping_latency", "rejection", "subprotocol",
        "subprotocol_among_several", "text_is_refused", "unknown_subprotocol",
    ]
    /// With the server in `python_backends.py` that is named beside it.
    static let backendStories = [
        "greeting": "greets", "backend_finishes_first": "finishes_first", "backend_resets": "resets",
        "client_finishes_first": "counts", "backend_finishes_its_side": "finishes_its_side",
        "keepalive_while_the_backend_stalls": "stalls",
    ]

    static let stage = Result { try Stage(in: .withKey()) }

    /// A daemon with one bridge for each of Python's servers.
    struct Backends {
        let world: MockWorld
        let servers: PeerServer
        let daemon: DaemonProcess

        init() throws {
            world = try .withKey()
            servers = try PeerServer("python_backends.py")
            var settings = DaemonSettings(discovery: world.oauth.url(.discovery), backendPort: 1)
            guard let ports = servers.fact("ports")?.object else { throw HarnessError("no ports: \(servers.output)") }
            for (name, port) in ports { settings.addBridge(name, port: UInt16(clamping: port.integer ?? 0)) }
            // More than the kernel takes (4 MiB to send, 6 to receive): the rest waits in the proxy.
            settings["limits", "stalledBytes"] = .integer(16 * 1024 * 1024)
            settings["limits", "closeTimeout"] = "2s"
            daemon = try DaemonProcess(settings)
        }

        func run(_ story: String) throws -> PeerOutcome {
            let bridge = WebsocketsTests.backendStories[story] ?? ""
            return try PeerOutcome.story(
                story, of: WebsocketsTests.script,
                daemon.peerOptions(
                    bridge: bridge, ["token": .string(world.token()), "pieces": .integer(14 * 1024 / 32)]))
        }
    }
    static let backends = Result { try Backends() }

    @Test(arguments: echoStories) func story(_ name: String) throws {
        let stage = try Self.stage.get()
        let outcome = try PeerOutcome.story(name, of: Self.script, stage.peerOptions())
        #expect(outcome.succeeded, "\(outcome)\n\(stage.daemon.account)")
    }

    @Test(arguments: ["greeting", "backend_finishes_first", "backend_resets", "keepalive_while_the_backend_stalls"])
    func pythonServer(_ story: String) throws {
        let backends = try Self.backends.get()
        let outcome = try backends.run(story)
        #expect(outcome.succeeded, "\(outcome)\n\(backends.daemon.account)")
    }

    @Test func theApplicationGetsWhatWasSentBeforeTheClose() throws {
        let backends = try Self.backends.get()
        let outcome = try backends.run("client_finishes_first")
        #expect(outcome.succeeded, "\(outcome)\n\(backends.daemon.account)")
        let report = #"{"application": "counts", "received": 10000}"#
        #expect(backends.servers.waitForOutput(report), "\(backends.servers.output)\(backends.daemon.account)")
    }

    @Test func anApplicationThatFinishedItsSideStillReceives() throws {
        let backends = try Self.backends.get()
        let outcome = try backends.run("backend_finishes_its_side")
        #expect(outcome.succeeded, "\(outcome)\n\(backends.daemon.account)")
        let sent = try #require(outcome.fact("sent")?.integer, "\(outcome)")
        #expect(sent > 0)
        let report = #"{"application": "finishes_its_side", "received": \#(sent)}"#
        #expect(backends.servers.waitForOutput(report), "sent \(sent): \(backends.servers.output)")
    }

    @Test func everyStoryIsTold() throws {
        let told = Self.echoStories + Self.backendStories.keys
        #expect(try PeerOutcome.stories(of: Self.script) == told.sorted())
    }
}
