// `proxyWorkerConnections`: a worker that has as many tunnels as it may turns new ones away with 503 and Retry-After, and
// those it has don't feel it.
import BridgeClient
import Glibc
import JSON
import MockServers
import System
import TestSupport
import Testing
import WebSocket

@Suite(.serialized) struct WorkerLimitTests {
    @Test func atTheLimitNewUpgradesAreTurnedAway() throws {
        let stage = try Stage {
            $0.workers = 1
            $0["proxySettings", "proxyWorkerConnections"] = 3
        }
        let runtime = try ClientRuntime()
        var tunnels: [BlockingBridgeClient] = []
        var answer: HTTPResponse?
        while answer == nil, tunnels.count < 10 {
            let client = try BlockingBridgeClient(stage.options(), runtime: runtime)
            do throws(ClientError) {
                try client.connect()
                tunnels.append(client)
            } catch {
                guard case .refused(let response) = error else { throw error }
                answer = response
            }
        }
        #expect(tunnels.count == 3)
        #expect(answer?.status == 503)
        let pause = try #require(answer?.field("Retry-After").flatMap { Int($0) })
        #expect((1...60).contains(pause))
        for tunnel in tunnels {
            try tunnel.send("established")
            #expect(try tunnel.receive(exactly: 11) == Array("established".utf8))
        }
        let refused = try stage.daemon.metrics().sum("secure_proxy_connections_refused_total", "reason=\"worker\"")
        #expect(refused == 1)
        // The admin listener has no share in the limit.
        #expect(try stage.daemon.admin("/healthz").status == 200)
        // Somebody leaves, somebody else comes in.
        #expect(try tunnels.removeLast().close().code == .normalClosure)
        #expect(Deadline(in: .seconds(10)).poll { (try? stage.connect(runtime: runtime)) != nil })
    }

    @Test func eachWorkerHasItsOwnLimit() throws {
        let stage = try Stage {
            $0.workers = 2
            $0["proxySettings", "proxyWorkerConnections"] = 4
        }
        let runtime = try ClientRuntime()
        var tunnels: [BlockingBridgeClient] = []
        // The kernel deals connections out by chance: until both are full, some are turned away by one of them.
        let isFull = Deadline(in: .seconds(30)).poll {
            if let client = try? stage.connect(runtime: runtime) { tunnels.append(client) }
            return tunnels.count == 8
        }
        #expect(isFull)
        let table = ConnectionTable()
        for worker in stage.daemon.workerPIDs {
            #expect(table.connections(of: worker, at: [stage.daemon.port()]) == 4)
        }
        for _ in 0..<10 { #expect(try BlockingBridgeClient(stage.options()).refusal().status == 503) }
        for tunnel in tunnels { #expect(try tunnel.close().code == .normalClosure) }
    }
}
