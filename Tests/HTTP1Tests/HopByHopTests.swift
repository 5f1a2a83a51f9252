import HTTP1
import Testing

/// RFC 9110 section 7.6.1.
struct HopByHopTests {
    @Test func `the known ones and those that Connection names are removed`() {
        let fields: HeaderFields = [
            "Host": "a", "Connection": "close, X-Private", "x-private": "1", "Keep-Alive": "timeout=5",
            "TE": "trailers",
            "Trailer": "X", "Transfer-Encoding": "chunked", "Upgrade": "h2c", "HTTP2-Settings": "AA",
            "Proxy-Connection": "keep-alive", "Proxy-Authorization": "Basic eA==", "Proxy-Authenticate": "Basic",
            "connection": "Foo", "Foo": "bar", "Accept": "*/*", "Kept": "y",
        ]
        #expect(HopByHop.endToEnd(fields) == ["Host": "a", "Accept": "*/*", "Kept": "y"])
    }

    @Test func `names are compared whole`() {
        let fields: HeaderFields = ["Connection": "a", "ab": "1", "Upgrade-Insecure-Requests": "1", "A": "2"]
        #expect(HopByHop.endToEnd(fields) == ["ab": "1", "Upgrade-Insecure-Requests": "1"])
    }
}
