// Many tunnels that do nothing cost little more than their TLS connections, and when they leave, the memory comes back.
//
// The application is a process of its own: with everything in the tests' process its descriptors would not suffice.
// SECURE_PROXY_FULL=1: 10,000 tunnels instead of 400, on two workers (limited by the descriptors that the machine allows).
import BridgeClient
import Glibc
import JSON
import MockServers
import System
import TestSupport
import Testing
import WebSocket

@Suite(.serialized) struct IdleTunnelsTests {
    /// Memory of their own that `pids` hold, in bytes: what is shared with others, such as the program, left out.
    private func memory(_ pids: [pid_t]) -> Int {
        pids.reduce(0) { sum, pid in
            let words = (ProcessTable.status(pid, "RssAnon") ?? "").split(separator: " ")
            return sum + (words.first.flatMap { Int($0) } ?? 0) * 1024
        }
    }

    @Test func memoryComesAndGoes() throws {
        let limit = Int(try ThisProcess.raiseDescriptorLimit())
        // Here each tunnel has one descriptor; in a worker two, and half of the tunnels, more or less.
        let count = FullForm.choose(min(10_000, limit * 8 / 10), otherwise: 400)
        let application = try EchoProcess()
        let world = try MockWorld()
        var settings = DaemonSettings(discovery: world.oauth.url(.discovery), backendPort: application.port)
        settings.workers = 2
        settings["proxySettings", "proxyWorkerConnections"] = .integer(Int64(count))
        settings["limits", "listenBacklog"] = 4096
        let daemon = try DaemonProcess(settings)
        let token = world.token()
        let runtime = try ClientRuntime()
        func connect() throws -> BlockingBridgeClient {
            let client = try BlockingBridgeClient(connecting: daemon.bridge(token: token), runtime: runtime)
            try client.send("hello")
            #expect(try client.receive(exactly: 5) == Array("hello".utf8))
            return client
        }
        let workers = daemon.workerPIDs
        #expect(workers.count == 2)
        // One-time costs first: buffers, code, caches.
        for _ in 0..<40 { #expect(try connect().close().code == .normalClosure) }
        let start = memory(workers)

        var clients: [BlockingBridgeClient] = []
        let time = try Deadline.measure { for _ in 0..<count { clients.append(try connect()) } }
        let full = memory(workers)
        let each = (full - start) / count
        print("\(count) idle tunnels (opened in \(time)) hold \(each / 1024) KiB each; \(start / 1024) KiB before")
        #expect(each < 8 * 1024, "\(each) bytes for each idle tunnel")
        #expect(try daemon.metrics().sum("secure_proxy_tunnels") == Double(count))
        // All of them are alive.
        for client in clients.enumerated().filter({ $0.offset % 10 == 0 }).map(\.element) {
            try client.send("still here")
            #expect(try client.receive(exactly: 10) == Array("still here".utf8))
        }

        for client in clients { client.connection.close() }
        for client in clients { #expect(try client.closure().code == .normalClosure) }
        clients = []
        let hasGone = Deadline(in: .seconds(30)).poll { (try? daemon.metrics().sum("secure_proxy_tunnels")) == 0 }
        #expect(hasGone)
        // An eighth of what they held, and what an allocator keeps in any case.
        let bound = start + (full - start) / 8 + 4 * 1024 * 1024
        var end = memory(workers)
        _ = Deadline(in: .seconds(20)).poll {
            end = memory(workers)
            return end <= bound
        }
        print("after they have left, \(end / 1024) KiB are held: \((end - start) / 1024) KiB more than before")
        #expect(end <= bound, "\(end) bytes are held, \(start) before")
        // The next crowd needs no more than the first, but for what an allocator keeps in any case.
        for _ in 0..<(count / 4) { clients.append(try connect()) }
        #expect(memory(workers) <= full + 1024 * 1024)
        for client in clients { client.connection.close() }
        for client in clients { _ = try client.closure() }
        #expect(daemon.workerPIDs == workers)
        #expect(try daemon.stop() == 0, "\(daemon.account)")
    }
}
