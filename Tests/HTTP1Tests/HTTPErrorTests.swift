import HTTP1
import Testing

struct HTTPErrorTests {
    @Test func `the status for each kind of misdeed`() {
        #expect(HTTPError.targetTooLong(limit: 1).status == 414)
        #expect(HTTPError.headTooLarge(limit: 1).status == 431)
        #expect(HTTPError.tooManyFields(limit: 1).status == 431)
        #expect(HTTPError.trailerTooLarge(limit: 1).status == 431)
        #expect(HTTPError.headTimedOut.status == 408)
        #expect(HTTPError.unsupportedVersion.status == 505)
        #expect(HTTPError.unsupportedTransferCoding.status == 501)
        #expect(HTTPError.methodTooLong.status == 501)
        #expect(HTTPError.contentTooLarge(limit: 1).status == 413)
        #expect(HTTPError.contentLengthTooLarge.status == 413)
        #expect(HTTPError.unsupportedExpectation.status == 417)
        #expect(HTTPError.contentLongerThanAnnounced.status == 500)
        #expect(HTTPError.missingHost.status == 400)
        #expect(HTTPError.lengthWithTransferEncoding.status == 400)
    }

    @Test func `a message says where`() {
        #expect(HTTPError.bareLineFeed(line: 7).description.contains("line 7"))
        #expect(HTTPError.tooManyFields(limit: 100).description.contains("100"))
    }
}
