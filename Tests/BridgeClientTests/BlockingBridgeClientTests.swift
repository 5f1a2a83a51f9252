import HTTP1
import Testing
import WebSocket

@testable import BridgeClient

@Suite struct BlockingBridgeClientTests {
    @Test func sendsAndReceivesAndCloses() throws {
        let server = try TestServer.socket()
        let client = try BlockingBridgeClient(server.options)
        let answer = try client.connect()
        #expect(answer.status == 101)
        #expect(answer.fields.first("Sec-WebSocket-Protocol") == "binary")
        try client.send("hello")
        #expect(try client.receive(exactly: 5) == Array("hello".utf8))
        let closure = try client.close(reason: "done")
        #expect(closure.code == .normalClosure)
        #expect(closure.isOrderly)
        #expect(closure.startedHere)
        try server.wait("the client's Close") { $0.closes == [CloseStatus(code: .normalClosure, reason: "done")] }
        #expect(server.seen.requests.first?.fields.first("Authorization") == "Bearer test-token")
    }
}
