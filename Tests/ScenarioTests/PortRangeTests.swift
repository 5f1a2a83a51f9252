// The deployment with several applications behind one proxy: a range of ports, each leading to the port that is lower by
// the scale factor. Every port finds its own application and no other's.
import BridgeClient
import Bytes
import MockServers
import TestSupport
import Testing
import WebSocket

@Suite struct PortRangeTests {
    @Test func eachPortLeadsToItsApplication() throws {
        let count = 10
        let world = try MockWorld()
        let (first, applications) = try Self.applications(count, world)
        var settings = DaemonSettings(discovery: world.oauth.url(.discovery), backendPort: first)
        settings["backend", "port"] = nil
        settings.firstScaledBackend = first
        settings.bridges[0].portCount = count
        let daemon = try DaemonProcess(settings)
        let token = world.token()
        for index in (0..<count).shuffled() {
            let client = try BlockingBridgeClient(connecting: daemon.bridge(offset: UInt16(index), token: token))
            #expect(try client.receiveMessage() == Array("application \(index)".utf8))
            try client.send("echo \(index)")
            #expect(try client.receiveMessage() == Array("echo \(index)".utf8))
            #expect(try client.close().code == .normalClosure)
        }
        #expect(applications.allSatisfy { $0.statistics.accepted == 1 })
        #expect(try daemon.stop() == 0, "\(daemon.account)")
    }

    /// Applications at ports in a row, and the first of the ports.
    private static func applications(_ count: Int, _ world: MockWorld) throws -> (UInt16, [TCPApplication]) {
        for _ in 0..<10 {
            // Low ones, so that there are ports above them for the proxy.
            let first = try (0..<8).map { _ in try FreePorts.consecutive(count) }.min() ?? 0
            // Somebody else may take one before it is used.
            let found = try? (0..<count).map { index in
                try TCPApplication(
                    .greeting(Array("application \(index)".utf8)), on: world.host,
                    address: .loopback(port: first + UInt16(index)))
            }
            if let found { return (first, found) }
        }
        throw HarnessError("no \(count) ports in a row for applications")
    }
}
