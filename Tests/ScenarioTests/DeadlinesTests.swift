// How a tunnel ends when its time is over: the token's, its own, that of a silent pair, that of a peer that takes nothing.
// Times are settings; here they are short.
import BridgeClient
import Bytes
import JSON
import MockServers
import TestSupport
import Testing
import WebSocket

@Suite(.serialized) struct DeadlinesTests {
    @Test func aTunnelEndsWithItsToken() throws {
        let stage = try Stage.shared.get()
        let client = try BlockingBridgeClient(connecting: stage.daemon.bridge(token: stage.world.token(lifetime: 2)))
        try client.send("before")
        #expect(try client.receive(exactly: 6) == Array("before".utf8))
        let closure = try client.closure(within: .seconds(10))
        #expect(closure.code == .policyViolation)
        #expect(closure.reason == "token expired")
        #expect(closure.isOrderly)
    }

    /// A clock that is behind lets a token in after its end; the tunnel then has the rest of the leeway.
    @Test func aTokenWithinTheLeewayIsNotPutOutAtOnce() throws {
        let stage = try Stage { $0["oidc", "leeway"] = "4s" }
        let client = try BlockingBridgeClient(connecting: stage.daemon.bridge(token: stage.world.token(lifetime: -1)))
        try client.send("within")
        #expect(try client.receive(exactly: 6) == Array("within".utf8))
        let closure = try client.closure(within: .seconds(10))
        #expect(closure.code == .policyViolation)
        #expect(closure.reason == "token expired")
    }

    @Test func aTunnelMayOutliveItsToken() throws {
        let stage = try Stage { $0["oidc", "endWithToken"] = false }
        let client = try BlockingBridgeClient(connecting: stage.daemon.bridge(token: stage.world.token(lifetime: 1)))
        try client.idle(for: .milliseconds(1500))
        try client.send("after")
        #expect(try client.receive(exactly: 5) == Array("after".utf8))
    }

    @Test func aTunnelEndsAfterItsLifetime() throws {
        let stage = try Stage { $0["limits", "maxLifetime"] = "1s" }
        let client = try stage.connect()
        var closure: BridgeClosure?
        let time = try Deadline.measure {
            // Traffic doesn't prolong it.
            while closure == nil {
                do throws(ClientError) {
                    try client.send("tick")
                    _ = try client.receive(exactly: 4)
                    try client.idle(for: .milliseconds(20))
                } catch {
                    // The Close frame may have come, with the connection's end still on its way.
                    if client.connection.isOpen { throw error }
                    closure = try client.closure(within: .seconds(10))
                }
            }
        }
        #expect(closure?.code == .policyViolation)
        #expect(closure?.reason == "maximum lifetime reached")
        #expect(time > .milliseconds(800) && time < .seconds(5))
    }

    @Test func aSilentTunnelEndsWith1001() throws {
        let stage = try Stage { $0["proxySettings", "websockifyReadTimeout"] = "400ms" }
        let client = try stage.connect()
        // Data keeps it open beyond the limit, in either direction.
        for _ in 0..<6 {
            try client.send("data")
            _ = try client.receive(exactly: 4)
            try client.idle(for: .milliseconds(100))
        }
        var closure: BridgeClosure?
        let time = try Deadline.measure { closure = try client.closure() }
        #expect(closure?.code == .goingAway)
        #expect(closure?.reason == "idle timeout")
        #expect(closure?.isOrderly == true)
        #expect(time > .milliseconds(200) && time < .seconds(5))
        // The backend is told in order.
        #expect(try stage.application().reports(1).first?.ending == .finished)
    }

    /// A backend that takes nothing for too long: the client is told, with the code for what isn't its own fault.
    @Test func aBackendThatTakesNothingIs1011() throws {
        let stage = try Stage(["stalls": .neverReads]) { settings in
            settings["proxySettings", "websockifySendTimeout"] = "500ms"
            settings["limits", "closeTimeout"] = "300ms"
        }
        let client = try stage.connect("stalls")
        let chunk = BytePattern.bytes(count: 32_768)
        let deadline = Deadline(in: .seconds(20))
        while client.end == nil, client.connection.isOpen, !deadline.hasPassed {
            if client.connection.pendingOutput < chunk.count { try client.queue(chunk) }
            try client.idle(for: .milliseconds(1))
        }
        let closure = try client.closure()
        #expect(closure.code == .internalError)
        #expect(closure.reason == "the backend takes no data")
    }

    /// A client that reads nothing for too long is dropped: it would not read a Close frame either. The backend, which
    /// talks on as if nothing had happened, is given up, too; and what waited for the one client never reaches another.
    @Test func aClientThatTakesNothingIsDropped() throws {
        let stage = try Stage(["source": .source(bytes: 1 << 40)]) { settings in
            settings["proxySettings", "websockifySendTimeout"] = "500ms"
            settings["limits", "closeTimeout"] = "1s"
        }
        var options = stage.options("source")
        options.endpoint.wire.receiveBufferBytes = 64 * 1024
        let client = try BlockingBridgeClient(options)
        client.readsOnDemand = true
        try client.connect()
        let application = try stage.application("source")
        // Connections that come meanwhile get the numbers of descriptors that were closed.
        var others: [BlockingBridgeClient] = []
        let deadline = Deadline(in: .seconds(20))
        while application.statistics.open != 0 || application.statistics.accepted == 0, !deadline.hasPassed {
            let other = try stage.connect()
            try other.send("unharmed")
            #expect(try other.receive(exactly: 8) == Array("unharmed".utf8))
            if others.count < 50 { others.append(other) }
        }
        try #require(application.statistics.open == 0, "the backend is still there\n\(stage.daemon.account)")
        #expect(stage.daemon.waitForAccessLog("client took no data"))
        for other in others { #expect(try other.close().code == .normalClosure) }
    }
}
