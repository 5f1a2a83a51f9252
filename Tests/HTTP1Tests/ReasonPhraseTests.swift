import HTTP1
import Testing

struct ReasonPhraseTests {
    @Test func `every status that this module answers with has a phrase`() {
        for status in [
            100, 101, 200, 400, 401, 403, 404, 405, 408, 413, 414, 417, 426, 431, 500, 501, 502, 503, 504, 505,
        ] {
            #expect(!ReasonPhrase.text(for: status).isEmpty, "\(status)")
        }
        #expect(ReasonPhrase.text(for: 599) == "")
    }
}
