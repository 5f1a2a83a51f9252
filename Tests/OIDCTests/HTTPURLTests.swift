import OIDC
import Testing

@Suite("HTTPURL: absolute http and https URLs, taken apart strictly")
struct HTTPURLTests {
    @Test("parts of a full URL")
    func parts() throws {
        let url = try HTTPURL("https://idp.example:8443/a//b?x=1&y=%20")
        #expect(url.scheme == .https)
        #expect(url.host == "idp.example")
        #expect(!url.isIPv6)
        #expect(url.port == 8443)
        #expect(url.path == "/a//b")
        #expect(url.query == "x=1&y=%20")
        #expect(url.target == "/a//b?x=1&y=%20")
        #expect(url.authority == "idp.example:8443")
        #expect(url.description == "https://idp.example:8443/a//b?x=1&y=%20")
    }

    @Test(
        "default port, empty path and case are normal forms",
        arguments: [
            ("http://h", "http://h/", 80), ("https://h", "https://h/", 443), ("http://h:80", "http://h/", 80),
            ("https://h:443/x", "https://h/x", 443), ("http://h:443/", "http://h:443/", 443),
            ("HTTP://Host.Example/Path", "http://host.example/Path", 80), ("http://h?q", "http://h/?q", 80),
            ("http://h/?", "http://h/?", 80), ("http://127.0.0.1:10080/a", "http://127.0.0.1:10080/a", 10080),
            ("http://[::1]:8080/", "http://[::1]:8080/", 8080), ("http://[FE80::A]", "http://[fe80::a]/", 80),
            ("http://my_service.internal.", "http://my_service.internal./", 80),
            ("http://h/a?b?c/d", "http://h/a?b?c/d", 80), ("http://h:00080/", "http://h/", 80),
        ] as [(String, String, UInt16)])
    func normalForm(text: String, normal: String, port: UInt16) throws {
        let url = try HTTPURL(text)
        #expect(url.description == normal)
        #expect(url.port == port)
        #expect(try HTTPURL(normal) == url, "the normal form means the same")
    }

    @Test("an IPv6 host loses its brackets and keeps them in Host")
    func ipv6() throws {
        let url = try HTTPURL("https://[2001:db8::1]:444/")
        #expect(url.host == "2001:db8::1")
        #expect(url.isIPv6)
        #expect(url.authority == "[2001:db8::1]:444")
    }

    @Test(
        "each fault has its own error",
        arguments: [
            ("", .empty), ("idp.example", .unknownScheme), ("ftp://h/", .unknownScheme), ("file:///x", .unknownScheme),
            (" http://h", .unknownScheme), ("http:/h", .noAuthority), ("http:h", .noAuthority),
            ("http://u@h/", .userInformation), ("http://u:p@h/", .userInformation), ("http:///x", .noHost),
            ("http://", .noHost), ("http://:80", .noHost), ("http://h:", .badPort), ("http://h:0", .badPort),
            ("http://h:65536", .badPort), ("http://h:+80", .badPort), ("http://h:8 0/", .badPort),
            ("http://[::1]:/", .badPort), ("http://h/#f", .fragment), ("http://h#f", .fragment),
            ("http://h/a b", .badCharacter), ("http://h/\r\nX: y", .badCharacter), ("http://h/é", .badCharacter),
            ("http://h/a\\b", .badCharacter), ("http://h/%", .badPercentCoding), ("http://h/%4", .badPercentCoding),
            ("http://h/%zz", .badPercentCoding), ("http://h\u{0}/", .badHost), ("http://h\r\n/", .badHost),
            ("http://ho st/", .badHost), ("http://höst/", .badHost), ("http://h%41/", .badHost),
            ("http://h:\u{301}80/", .badPort), ("http:/\u{301}/h", .noAuthority),
        ] as [(String, HTTPURLError)])
    func faults(text: String, error: HTTPURLError) {
        #expect(failure { () throws(HTTPURLError) in try HTTPURL(text) } == error, "\(text)")
    }

    @Test("a URL that is too long")
    func tooLong() {
        let text = "http://h/" + String(repeating: "a", count: HTTPURL.maxLength)
        #expect(
            failure { () throws(HTTPURLError) in try HTTPURL(text) } == .tooLong(limit: HTTPURL.maxLength))
    }

    @Test("messages differ and don't repeat the URL")
    func messages() {
        let messages = HTTPURLError.allCases.map(\.description)
        #expect(Set(messages).count == messages.count)
    }

    @Test("any bytes: no trap, and what is accepted survives its own normal form")
    func anything() throws {
        var dice = Dice(seed: 1)
        let alphabet = Array("htps:/?#[]@.0123456789abcfx%-_ \u{e9}\\".unicodeScalars)
        var accepted = 0
        for _ in 0..<20_000 {
            var text = ["http://", "https://", ""].randomElement(using: &dice) ?? ""
            for _ in 0..<Int.random(in: 0...12, using: &dice) {
                if let scalar = alphabet.randomElement(using: &dice) { text.unicodeScalars.append(scalar) }
            }
            guard let url = try? HTTPURL(text) else { continue }
            accepted += 1
            #expect(try HTTPURL(url.description) == url, "\(text)")
        }
        #expect(accepted > 100)
    }
}
