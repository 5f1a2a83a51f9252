// What a client with a good token is told when there is no backend for it, and when there is no room: never a 101 that is
// followed by an end, always a status that says whose fault it is.
import BridgeClient
import HTTP1
import JSON
import MockServers
import TestSupport
import Testing
import WebSocket

@Suite(.serialized) struct BackendAnswersTests {
    @Test func aBackendThatRefusesIs502() throws {
        let stage = try Stage(["gone": .echo])
        try stage.application("gone").stopListening()
        // The application does it in its own time: until then connections come through.
        var answer: HTTPResponse?
        _ = Deadline(in: .seconds(10)).poll {
            answer = try? BlockingBridgeClient(stage.options("gone")).refusal()
            return answer != nil
        }
        #expect(answer?.status == 502)
        #expect(answer?.text.contains("127.0.0.1") == false)
        // The others go on, and it may come back.
        #expect(try stage.connect().close().code == .normalClosure)
        try stage.application("gone").listenAgain()
        #expect(try stage.connect("gone").close().code == .normalClosure)
    }

    @Test func aBackendWhoseNameHasNoAddressIs502() throws {
        let stage = try Stage { settings in
            // RFC 6761 section 6.4: this name never has one.
            settings.addBridge("nowhere", host: "no-such-host.invalid", port: 9000)
        }
        let answer = try BlockingBridgeClient(stage.options("nowhere")).refusal(within: .seconds(30))
        #expect(answer.status == 502)
        #expect(!answer.text.contains("invalid"))
    }

    @Test func aBackendThatDoesNotAnswerIs504() throws {
        let stage = try Stage(["full": .neverAccepts]) { settings in
            settings["proxySettings", "websockifyConnectTimeout"] = "500ms"
        }
        #expect(try BlockingBridgeClient(stage.options("full")).refusal().status == 504)
    }

    @Test func atTheLimitOfTunnelsTheAnswerIs503() throws {
        let stage = try Stage { settings in
            settings["proxySettings", "proxyWorkerConnections"] = 2
            settings["limits", "retryAfter"] = "7s"
        }
        let first = try stage.connect()
        let second = try stage.connect()
        let answer = try BlockingBridgeClient(stage.options()).refusal()
        #expect(answer.status == 503)
        #expect(answer.field("Retry-After") == "7")
        // Only those who may pass learn how busy it is.
        #expect(try BlockingBridgeClient(stage.daemon.bridge(token: nil)).refusal().status == 403)
        // Whoever leaves makes room.
        #expect(try first.close().code == .normalClosure)
        let third = try stage.connect()
        try third.send("room")
        #expect(try third.receive(exactly: 4) == Array("room".utf8))
        #expect(try second.close().code == .normalClosure)
    }
}
