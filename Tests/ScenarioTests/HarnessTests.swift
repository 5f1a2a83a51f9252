// The harness itself: a daemon starts, serves one client, says what it did, and ends.
import Bytes
import Glibc
import MockServers
import TestSupport
import Testing
import WebSocket

@testable import BridgeClient

@Suite struct HarnessTests {
    @Test func aDaemonStartsServesAndStops() throws {
        let world = try MockWorld()
        let daemon = try DaemonProcess(world.settings(for: world.application()))
        let client = try BlockingBridgeClient(connecting: daemon.bridge(token: world.token()))
        try client.send("hello")
        #expect(try client.receive(exactly: 5) == Array("hello".utf8))
        #expect(try client.close().code == .normalClosure)
        #expect(daemon.waitForAccessLog("status=101"))
        #expect(daemon.residentBytes > 1024 * 1024)
        #expect(try daemon.stop() == 0, "\(daemon.account)")
    }
}
