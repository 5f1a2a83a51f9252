import Testing

@testable import Settings

@Suite struct EndpointTests {
    @Test(arguments: [
        ("9000", "here", 9000), ("app:9000", "app", 9000), ("10.0.0.1:1", "10.0.0.1", 1), ("[::1]:9000", "::1", 9000),
    ])
    func reads(text: String, host: String, port: UInt16) {
        #expect(Endpoint(text, defaultHost: "here") == Endpoint(host: host, port: port))
    }

    @Test(arguments: [
        "", "app", "app:", ":9000", "app:0", "app:70000", "::1:9000", "[::1]", "[::1]9000", "[x]:1", "a b:1", "app:1-2",
        "1-2",
    ])
    func refuses(text: String) {
        #expect(Endpoint(text, defaultHost: "here") == nil)
    }

    @Test func anIPv6AddressStandsInBrackets() {
        #expect(Endpoint(host: "::1", port: 80).description == "[::1]:80")
        #expect(Endpoint(host: "app", port: 80).description == "app:80")
    }
}
