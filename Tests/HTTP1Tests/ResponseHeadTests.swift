import HTTP1
import Testing

struct ResponseHeadTests {
    @Test func `the reason phrase is the registered one unless given`() {
        #expect(ResponseHead(status: 403).reason == "Forbidden")
        #expect(ResponseHead(status: 403, reason: "No").reason == "No")
        #expect(ResponseHead(status: 299).reason == "")
    }

    @Test func `interim responses are 1xx but 101 (RFC 9110 section 15.2)`() {
        #expect(ResponseHead(status: 100).isInterim)
        #expect(ResponseHead(status: 103).isInterim)
        #expect(!ResponseHead(status: 101).isInterim)
        #expect(!ResponseHead(status: 200).isInterim)
    }
}
