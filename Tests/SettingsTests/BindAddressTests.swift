import Testing

@testable import Settings

@Suite struct BindAddressTests {
    @Test(arguments: [
        "*", "0.0.0.0", "127.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "1:2:3:4:5:6:7:8", "2001:DB8::a:b",
        "::ffff:10.0.0.1", "1::", "::2:3:4:5:6:7:8",
    ])
    func reads(text: String) {
        #expect(BindAddress(text)?.description == text)
    }

    @Test(arguments: [
        "", "localhost", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.x", "1.2.3.", ":", ":::", "1::2::3",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", "1::2:3:4:5:6:7:8", "12345::", "g::", "[::1]", "::1%eth0", "fe80::+1", "10.0.0.1::",
        "127.0.0.1 ", "**",
    ])
    func refuses(text: String) {
        #expect(BindAddress(text) == nil)
    }

    @Test func spellingsOfOneAddressAreEqual() throws {
        #expect(BindAddress("::1") == BindAddress("0:0:0:0:0:0:0:1"))
        #expect(BindAddress("::ffff:10.0.0.1") == BindAddress("::FFFF:A00:1"))
        #expect(BindAddress("::1") != BindAddress("127.0.0.1"))
        #expect(IPAddressText.ipv6("1:2::8") == [0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8])
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.255.0.9", true), ("::1", true), ("10.0.0.1", false), ("*", false), ("::", false),
    ])
    func loopback(text: String, expected: Bool) throws {
        #expect(try #require(BindAddress(text)).isLoopback == expected)
    }

    @Test func allAddressesAreTriedOverIPv6First() throws {
        #expect(BindAddress.any.candidates == ["::", "0.0.0.0"])
        #expect(BindAddress.loopback.candidates == ["127.0.0.1"])
        #expect(try #require(BindAddress("0.0.0.0")).candidates == ["0.0.0.0"])
    }
}
