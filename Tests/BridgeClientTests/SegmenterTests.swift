import Reactor
import Testing
import WebSocket

@testable import BridgeClient

@Suite struct SegmenterTests {
    private func options(_ server: TestServer, _ sizes: ClosedRange<Int>, seed: UInt64) -> BridgeOptions {
        var options = server.options
        options.endpoint.wire.segmentation = Segmentation(sizes: sizes, seed: seed)
        return options
    }

    @Test(arguments: [(1...1, 20_000), (1...100, 300_000), (1...20_000, 3_000_000)])
    func bytesArriveWhole(_ sizes: ClosedRange<Int>, _ count: Int) throws {
        let server = try TestServer.socket()
        let client = try BlockingBridgeClient(connecting: options(server, sizes, seed: 3))
        let bytes = pattern(count)
        var sent = false
        var back: [UInt8] = []
        try client.exchange(
            sending: {
                defer { sent = true }
                return sent ? nil : Array(bytes.prefix(60_000))
            }, receiving: { back += $0 }, count: min(count, 60_000))
        if count > 60_000 {
            try client.send(Array(bytes.dropFirst(60_000)), frameSize: 50_000)
            back += try client.receive(exactly: count - 60_000)
        }
        expectSame(back, bytes)
        #expect(try client.close().isOrderly)
    }

    @Test func segmentsAreSmall() throws {
        // Without TLS each segment is one read of the server, unless the kernel joins some.
        let server = try TestServer(tls: false) { head, _ in .text(200, "") }
        var request = BridgeOptions(server.endpoint)
        request.endpoint.security = .plain
        request.requestBytes = Array(
            "GET / HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "y", count: 500))\r\n\r\n".utf8)
        _ = try BlockingBridgeClient(request).refusal()
        let whole = server.seen.reads
        #expect(whole == 1)

        var segmentation = Segmentation(sizes: 10...30, seed: 1)
        segmentation.pause = .milliseconds(2)
        request.endpoint.wire.segmentation = segmentation
        _ = try BlockingBridgeClient(request).refusal()
        #expect(server.seen.reads > whole + 5)
    }

    @Test func endsPassThrough() throws {
        let server = try TestServer.socket()
        let finished = try BlockingBridgeClient(connecting: options(server, 1...50, seed: 1))
        try finished.finishWriting()
        try server.wait("close_notify") { $0.endings == ["finished"] }

        let reset = try BlockingBridgeClient(connecting: options(server, 1...50, seed: 2))
        reset.reset()
        try server.wait("a reset") { $0.endings == ["finished", "failed"] }
    }

    @Test func theServersResetIsTold() throws {
        var script = SocketScript()
        script.ending = .reset
        let server = try TestServer.socket(script)
        let client = try BlockingBridgeClient(options(server, 1...50, seed: 1))
        do throws(ClientError) {
            _ = try client.connect()
            let closure = try client.closure()
            guard case .failed(.connection(.socket)) = closure.transport else { throw ClientError.ended(closure) }
        } catch {
            // The reset may overtake the 101.
            guard case .connection(.socket) = error else { throw error }
        }
    }
}
