import Glibc
import System
import Testing
import WebSocket

@testable import BridgeClient

@Suite struct StandardTunnelTests {
    /// A pipe, or a file where `content` is given, that stands for a standard stream.
    private func pipe() throws -> (read: Descriptor, write: Descriptor) {
        var ends: [Int32] = [-1, -1]
        try #require(unsafe Glibc.pipe(&ends) == 0)
        return (Descriptor(owning: ends[0]), Descriptor(owning: ends[1]))
    }

    private func tunnel(_ server: TestServer, linger: Duration = .milliseconds(100)) -> StandardTunnel {
        StandardTunnel(BridgeOptions(server.endpoint), tokens: .fixed("good-token"), linger: linger)
    }

    @Test func pipesAreCarried() throws {
        let server = try MockProxy().start()
        let input = try pipe()
        let output = try pipe()
        try File.writeAll(Array("hello\n".utf8), to: input.write.number)
        input.write.close()
        let summary = try tunnel(server).run(
            runtime: try ClientRuntime(), input: input.read.number, output: output.write.number)
        output.write.close()
        #expect(summary.isOrderly)
        #expect(summary.sent == 6)
        #expect(try File.read(descriptor: output.read.number, named: "output") == Array("hello\n".utf8))
        #expect(server.seen.closes.map(\.code) == [.normalClosure])
    }

    @Test func filesAreCarried() throws {
        let server = try MockProxy().start()
        let path = "/tmp/secure-proxy-standard-\(ThisProcess.id)-\(UInt32.random(in: 0 ... .max))"
        let bytes = pattern(1_000_000)
        try File.write(bytes, to: path, permissions: 0o600)
        defer { for name in [path, path + ".out"] { try? File.remove(name) } }
        let input = Descriptor(owning: unsafe Glibc.open(path, O_RDONLY))
        let output = try File.openForAppending(path + ".out", permissions: 0o600)
        let summary = try tunnel(server).run(
            runtime: try ClientRuntime(), input: input.number, output: output.number)
        #expect(summary.isOrderly)
        #expect(summary.received == bytes.count)
        expectSame(try File.read(path + ".out"), bytes)
    }

    @Test func aReaderThatHasGoneEndsTheTunnel() throws {
        var proxy = MockProxy()
        proxy.socket.greeting = [pattern(60_000), pattern(60_000), pattern(60_000)]
        let server = try proxy.start()
        let input = try pipe()
        let output = try pipe()
        output.read.close()
        let summary = try tunnel(server).run(
            runtime: try ClientRuntime(), input: input.read.number, output: output.write.number)
        #expect(!summary.isOrderly)
        try server.wait("Close 1001") { $0.closes.map(\.code) == [.goingAway] }
        #expect(input.write.number >= 0)
    }

    @Test func anApplicationThatFinishesEndsIt() throws {
        var proxy = MockProxy()
        proxy.socket.greeting = [Array("bye".utf8)]
        proxy.socket.close = (.normalClosure, "")
        let server = try proxy.start()
        let input = try pipe()
        let output = try pipe()
        input.write.close()
        let summary = try tunnel(server).run(
            runtime: try ClientRuntime(), input: input.read.number, output: output.write.number)
        output.write.close()
        #expect(summary.isOrderly)
        #expect(try File.read(descriptor: output.read.number, named: "output") == Array("bye".utf8))
    }

    @Test func aRefusalSaysWhy() throws {
        let server = try MockProxy().start()
        let input = try pipe()
        let output = try pipe()
        let tunnel = StandardTunnel(BridgeOptions(server.endpoint), tokens: .fixed("bad"))
        let summary = try tunnel.run(
            runtime: try ClientRuntime(), input: input.read.number, output: output.write.number)
        #expect(summary.problem?.text.hasPrefix("the server answered 403") == true)
        #expect(input.write.number >= 0)
        #expect(output.read.number >= 0)
    }
}
