import System
import Testing

@Suite struct SocketAddressTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1:443"), ("::1", "[::1]:443"), ("2001:db8::7", "[2001:db8::7]:443"),
        ("::ffff:10.0.0.1", "[::ffff:10.0.0.1]:443"),
    ])
    func literalsSurvive(literal: String, description: String) throws {
        let address = try #require(SocketAddress(literal: literal, port: 443))
        #expect(address.description == description)
    }

    @Test(arguments: ["", "localhost", "127.0.0.1:80", "[::1]", "1.2.3", "1.2.3.4.5", "::g"])
    func whatIsNoLiteralIsNil(text: String) {
        #expect(SocketAddress(literal: text, port: 1) == nil)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.255.0.3", true), ("128.0.0.1", false), ("::1", true), ("::2", false),
        ("::ffff:127.0.0.1", true), ("fe80::1", false),
    ])
    func loopback(literal: String, expected: Bool) throws {
        let address = try #require(SocketAddress(literal: literal, port: 1))
        #expect(address.isLoopback == expected)
    }

    @Test func bytesAndLiteralAgree() throws {
        let fromBytes = try #require(SocketAddress(bytes: [10, 1, 2, 3], port: 9))
        #expect(fromBytes == SocketAddress(literal: "10.1.2.3", port: 9))
        #expect(SocketAddress(bytes: [1, 2, 3], port: 9) == nil)
    }
}
