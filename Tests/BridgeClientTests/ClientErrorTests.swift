import HTTP1
import Testing
import WebSocket

@testable import BridgeClient

@Suite struct ClientErrorTests {
    private func refused(_ status: Int) -> ClientError {
        .refused(HTTPResponse(head: ResponseHead(status: status), body: []))
    }

    @Test func adviceFitsTheStatus() {
        #expect(refused(403).advice?.contains("refused the token") == true)
        #expect(refused(502).advice?.contains("TCP application") == true)
        #expect(refused(503).advice?.contains("try again later") == true)
        #expect(refused(504).advice?.contains("in time") == true)
        #expect(refused(404).advice?.contains("port") == true)
        #expect(refused(418).advice == nil)
    }

    @Test func onlyWhatMayPassIsTriedAgain() {
        #expect(refused(503).mayPass)
        #expect(!refused(403).mayPass)
        #expect(ClientError.closedEarly(awaiting: "x").mayPass)
        #expect(ClientError.preparing("x", refused(502)).mayPass)
        #expect(!ClientError.webSocket(.maskedFrame).mayPass)
    }

    @Test func aStepsErrorKeepsItsAdvice() {
        let error = ClientError.preparing("no token", refused(502))
        #expect(error.description == "no token: the server answered 502 Bad Gateway")
        #expect(error.advice == refused(502).advice)
    }

    @Test func closuresAreToldInWords() {
        let closure = BridgeClosure(received: nil, startedHere: false, transport: .truncated)
        #expect(closure.code == .abnormalClosure)
        #expect(ClientError.ended(closure).description == "the WebSocket ended: without a Close frame, TLS cut off")
        let empty = BridgeClosure(
            received: CloseStatus(code: nil, reason: ""), startedHere: true, transport: .finished)
        #expect(empty.code == .noStatusReceived)
        #expect(empty.description == "Close 1005")
    }
}
