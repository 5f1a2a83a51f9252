import Testing

@testable import Settings

@Suite struct WebAddressTests {
    @Test(arguments: [
        ("http://a", false, "a", 80, "/", "http://a"),
        ("https://a", true, "a", 443, "/", "https://a"),
        (
            "HTTPS://Login.Example.com:8443/x/y?z=1", true, "Login.Example.com", 8443, "/x/y?z=1",
            "https://Login.Example.com:8443"
        ),
        ("http://[::1]:8080/", false, "::1", 8080, "/", "http://[::1]:8080"),
        ("http://127.0.0.1:80/a", false, "127.0.0.1", 80, "/a", "http://127.0.0.1"),
        ("https://a?b=c", true, "a", 443, "/?b=c", "https://a"),
        ("https://a_b.c./@x", true, "a_b.c.", 443, "/@x", "https://a_b.c."),
    ])
    func reads(text: String, secure: Bool, host: String, port: UInt16, target: String, origin: String) throws {
        let address = try #require(WebAddress(text))
        #expect(address.isSecure == secure)
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.target == target)
        #expect(address.origin == origin)
        #expect(address.text == text)
        #expect(address.endpoint == Endpoint(host: host, port: port))
    }

    @Test(arguments: [
        "", "a", "/x", "ftp://a", "http:/a", "http://", "http:///x", "http://:80", "http://a:", "http://a:0",
        "http://a:70000",
        "http://a:8a", "http://u@a", "http://u:p@a", "http://a/#b", "http://a b", "http://a/ü", "http://a/\u{7F}",
        "http://a\n/",
        "http://[::1", "http://[a]", "http://::1", "http://1.2.3", "http://-a", "http://a..b", "http://a/\\",
        "http://a/<", "http://[127.0.0.1]",
    ])
    func refuses(text: String) {
        #expect(WebAddress(text) == nil)
    }

    @Test(arguments: ["localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "::1"])
    func loopbackHosts(host: String) {
        #expect(WebAddress.isLoopback(host))
    }

    @Test(arguments: ["example.com", "10.0.0.1", "::2", "localhost.example.com"])
    func otherHosts(host: String) {
        #expect(!WebAddress.isLoopback(host))
    }

    @Test func hostNamesAreBounded() {
        let label = String(repeating: "a", count: 63)
        #expect(WebAddress.isHost(label))
        #expect(!WebAddress.isHost(label + "a"))
        #expect(!WebAddress.isHost(Array(repeating: label, count: 4).joined(separator: ".") + ".aa"))
    }
}
