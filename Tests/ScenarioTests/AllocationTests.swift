// What the daemon allocates: nothing for a message, a bounded amount for a connection.
//
// Each number is the difference of two runs of the load generator, one of which does more of the same, so that starting,
// opening and closing are not in it. OpenSSL's allocations are counted apart.
//
// "Nothing of ours" is what the optimiser makes of it: without it, Swift boxes and copies what a release build keeps in
// registers (25 allocations for a message). So a debug build is held to bounds that only notice when something goes badly
// wrong, and a release build (SECURE_PROXY_BINARY, or tests built with -c release) to those that count; OpenSSL's are the
// same in both. scripts/guard.sh always measures a release build.
import BridgeClient
import Bytes
import JSON
import MockServers
import System
import TestSupport
import Testing
import WebSocket

/// What is allowed, by the build that is tested.
private struct AllocationBounds {
    /// Of our own for 20,000 messages in all; what a clock ticks for is in it.
    var messages: Int
    /// Of our own for 64 MiB in all.
    var bulk: Int
    /// Of our own for each connection that comes and goes.
    var connection: Int
    /// Bytes for each idle tunnel, OpenSSL's included.
    var idleBytes: Int

    /// Of OpenSSL's for data that flows, however much.
    static let byOpenSSL = 200

    static let optimised = AllocationBounds(messages: 200, bulk: 200, connection: 150, idleBytes: 6_000)
    static let debug = AllocationBounds(messages: 20_000 * 40, bulk: 64 * 400, connection: 5_000, idleBytes: 8_000)

    static var current: AllocationBounds {
        #if DEBUG
            return ThisProcess.environment("SECURE_PROXY_BINARY") == nil ? debug : optimised
        #else
            return optimised
        #endif
    }
}

/// A daemon whose allocations are counted, with the load generator before it and behind it.
private final class AllocationScene: Sendable {
    let world: MockWorld
    let daemon: DaemonProcess
    let counter: AllocationCounter
    let token: String
    private let directory: String
    private let backend: ChildProcess

    init() throws {
        directory = try TemporaryDirectory.make()
        counter = try AllocationCounter(in: directory)
        let ports = try FreePorts.several(2)
        let output = "\(directory)/backend"
        backend = try ChildProcess(
            BuiltProgram.path("secure-proxy-bench"), ["--serve", "any:\(ports[0]),echo:\(ports[1])"], output: output,
            errors: output)
        world = try MockWorld()
        var settings = DaemonSettings(discovery: world.oauth.url(.discovery), backendPort: ports[0])
        settings.addBridge("echo", port: ports[1])
        settings["admin", "enabled"] = true
        var launch = DaemonLaunch()
        launch.environment = counter.environment
        daemon = try DaemonProcess(settings, launch: launch)
        token = world.token()
        try File.write(Array("\(token)\n".utf8), to: "\(directory)/token", permissions: 0o600)
        let isListening = Deadline(in: .seconds(20)).poll {
            let table = ConnectionTable()
            return ports.allSatisfy { table.isListening($0) }
        }
        guard isListening else { throw HarnessError("the backend doesn't listen") }
    }

    deinit { TemporaryDirectory.remove(directory) }

    /// Runs the load generator for a number of messages, requests or connections, and answers the counts when all of it
    /// is over.
    func run(_ mode: String, count: Int, _ options: [String]) throws -> AllocationCounter.Counts {
        let load = try start(mode, ["--count", "\(count)"] + options)
        guard load.waitForExit(within: .seconds(120)) == 0 else {
            let words = (try? File.read(report)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            throw HarnessError("the load generator is not content: \(words)\n\(daemon.account)")
        }
        return try counter.settled()
    }

    private var report: String { "\(directory)/report" }

    private func start(_ mode: String, _ options: [String]) throws -> ChildProcess {
        try File.remove(report)
        let port = daemon.port(mode == "upload" || mode == "download" ? "wss" : "echo")
        return try ChildProcess(
            BuiltProgram.path("secure-proxy-bench"),
            [
                mode, "--wss", "127.0.0.1:\(port)", "--ca", daemon.certificatePath, "--token-file",
                "\(directory)/token", "--warm-up", "0", "--verify",
            ] + options, output: report, errors: report)
    }

    /// The call chains of allocations amid such a run, for the words of a test that failed.
    func whoAllocates(_ mode: String, _ options: [String]) throws -> String {
        let load = try start(mode, ["--seconds", "2"] + options)
        // By then everything is open and flows.
        Deadline(in: .seconds(1)).pause(.seconds(1))
        try counter.watch()
        _ = load.waitForExit(within: .seconds(60))
        return try counter.chains()
    }

    /// What `more` units cost: the difference of a run with `few + more` and one with `few`.
    func cost(_ mode: String, few: Int, more: Int, _ options: [String]) throws -> (own: Int, openSSL: Int) {
        let start = try run(mode, count: few, options)
        let middle = try run(mode, count: few, options)
        let end = try run(mode, count: few + more, options)
        func difference(_ value: (AllocationCounter.Counts) -> UInt64) -> Int {
            Int(value(end)) - 2 * Int(value(middle)) + Int(value(start))
        }
        return (difference(\.own), difference(\.openSSL))
    }
}

@Suite(.serialized) struct AllocationTests {
    private static let scene = Result { try AllocationScene() }
    private static let messages = 20_000

    private func whoAllocates(_ mode: String, _ options: [String]) -> String {
        do { return try Self.scene.get().whoAllocates(mode, options) } catch { return "\(error)" }
    }

    @Test func theDaemonIsCounted() throws {
        let scene = try Self.scene.get()
        let counts = try scene.counter.counts
        #expect(counts.process == UInt64(scene.daemon.pid))
        #expect(counts.own > 0 && counts.openSSL > 0 && counts.releases > 0 && counts.live > 0)
    }

    @Test(arguments: [1, 64]) func messagesCostNoAllocation(tunnels: Int) throws {
        let options = ["--tunnels", "\(tunnels)", "--size", "64"]
        let cost = try Self.scene.get().cost("echo", few: 1_280, more: Self.messages, options)
        print("\(Self.messages) messages, \(tunnels) tunnels: \(cost.own) allocations, OpenSSL \(cost.openSSL)")
        #expect(cost.own <= AllocationBounds.current.messages, "\(whoAllocates("echo", options))")
        #expect(cost.openSSL <= AllocationBounds.byOpenSSL)
    }

    @Test(arguments: ["upload", "download"]) func bulkCostsNoAllocation(mode: String) throws {
        let options = ["--tunnels", "1", "--bytes", "4Mi"]
        let cost = try Self.scene.get().cost(mode, few: 2, more: 16, options)
        print("64 MiB of \(mode): \(cost.own) allocations, \(cost.openSSL) by OpenSSL")
        #expect(cost.own <= AllocationBounds.current.bulk, "\(whoAllocates(mode, options))")
        #expect(cost.openSSL <= AllocationBounds.byOpenSSL)
    }

    @Test func connectionsCostABoundedNumber() throws {
        let count = 100
        let cost = try Self.scene.get().cost("connect", few: 20, more: count, ["--tunnels", "1"])
        print("\(count) connections: \(cost.own) allocations, \(cost.openSSL) by OpenSSL")
        #expect(cost.own <= AllocationBounds.current.connection * count)
        #expect(cost.openSSL <= 850 * count)
    }

    @Test func idleTunnelsHoldABoundedAmountAndGiveItBack() throws {
        let scene = try Self.scene.get()
        let runtime = try ClientRuntime()
        func connect() throws -> BlockingBridgeClient {
            let client = try BlockingBridgeClient(
                connecting: scene.daemon.bridge("echo", token: scene.token), runtime: runtime)
            let message = [UInt8](repeating: 7, count: 20_000)
            try client.send(message)
            #expect(try client.receive(exactly: message.count) == message)
            return client
        }
        let count = 200
        func crowd() throws -> (held: Int, left: Int) {
            let before = try scene.counter.settled().live
            let clients = try (0..<count).map { _ in try connect() }
            let held = try scene.counter.settled().live - before
            for client in clients { #expect(try client.close().code == .normalClosure) }
            return (held, try scene.counter.settled().live - before)
        }
        // The first crowd leaves lists that have grown.
        _ = try crowd()
        let second = try crowd()
        print("an idle tunnel holds \(second.held / count) bytes; \(second.left) are left of \(count)")
        #expect(second.held / count <= AllocationBounds.current.idleBytes)
        #expect(second.left < 64 * 1024)
    }
}
