import Testing

@testable import HTTP1

/// IPv6 addresses in hosts (RFC 3986 section 3.2.2).
struct IPLiteralTests {
    @Test(arguments: [
        "::", "::1", "1::", "1:2:3:4:5:6:7:8", "1::8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "2001:db8::ff00:42:8329",
        "::ffff:192.0.2.1", "1:2:3:4:5:6:1.2.3.4", "::1.2.3.4", "ABCD:EF01:2345:6789:abcd:ef01:2345:6789",
    ])
    func `well formed`(text: String) {
        #expect(isIPv6(text))
    }

    @Test(arguments: [
        "", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "1:", ":1", "::1:",
        "1:2:3:4:5:6:7::8", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "::1.2.3.256", "::1.2.3.04", "::1.2.3.4.5", "::1.2.3.",
        "1.2.3.4", "::1.2.3.4:5", "::a.1.1.1", "1:2:3:4:5:6:7:8::",
    ])
    func `malformed`(text: String) {
        #expect(!isIPv6(text))
    }

    private func isIPv6(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return IPLiteral.isIPv6(bytes.span, 0..<bytes.count)
    }
}
