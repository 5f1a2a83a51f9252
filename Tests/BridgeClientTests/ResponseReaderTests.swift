import HTTP1
import Testing

@testable import BridgeClient

@Suite struct ResponseReaderTests {
    /// Feeds `text` whole and byte by byte; answers the response, which has to be the same, and what was left over.
    private func read(_ text: String, method: String = "GET") throws -> (HTTPResponse?, rest: Int) {
        let bytes = Array(text.utf8)
        var whole = ResponseReader(method: method)
        var result: HTTPResponse?
        var used = 0
        if case .complete(let response, let consumed) = try whole.receive(bytes.span) {
            (result, used) = (response, consumed)
        }
        var slow = ResponseReader(method: method)
        var slowResult: HTTPResponse?
        for index in bytes.indices where slowResult == nil {
            if case .complete(let response, let consumed) = try slow.receive([bytes[index]].span) {
                #expect(consumed == 1)
                #expect(index + 1 == used)
                slowResult = response
            }
        }
        if result == nil { result = try whole.receiveEnd() } else { #expect(slowResult == result) }
        if slowResult == nil { slowResult = try slow.receiveEnd() }
        #expect(slowResult == result)
        return (result, bytes.count - used)
    }

    @Test func aLengthEndsTheContent() throws {
        let (response, rest) = try read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloX")
        #expect(response?.text == "hello")
        #expect(response?.status == 200)
        #expect(rest == 1)
    }

    @Test func chunksArePutTogether() throws {
        let (response, rest) = try read(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n")
        #expect(response?.text == "abcde")
        #expect(rest == 0)
    }

    @Test func theEndOfTheConnectionEndsTheContent() throws {
        let (response, _) = try read("HTTP/1.0 403 Forbidden\r\n\r\nno")
        #expect(response?.text == "no")
    }

    @Test func interimResponsesAreSkipped() throws {
        let (response, _) = try read(
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
                + "HTTP/1.1 204 No Content\r\n\r\n")
        #expect(response?.status == 204)
    }

    @Test func behindA101StandsAnotherProtocol() throws {
        let (response, rest) = try read("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\u{1}\u{2}")
        #expect(response?.status == 101)
        #expect(rest == 2)
    }

    @Test func aHeadResponseHasNoContent() throws {
        let (response, _) = try read("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", method: "HEAD")
        #expect(response?.body == [])
    }

    @Test func contentCutShortIsAnError() throws {
        var reader = ResponseReader(method: "GET")
        let bytes = Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel".utf8)
        guard case .needMore = try reader.receive(bytes.span) else { throw ClientError.misuse("complete") }
        #expect(throws: HTTPError.contentCutShort) { try reader.receiveEnd() }
    }

    @Test func tooMuchContentIsRefused() throws {
        var reader = ResponseReader(method: "GET")
        let bytes = Array("HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\nx".utf8)
        #expect(throws: HTTPError.contentTooLarge(limit: ResponseReader.maxContentBytes)) {
            try reader.receive(bytes.span)
        }
    }
}
