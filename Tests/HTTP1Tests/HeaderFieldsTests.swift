import Testing

@testable import HTTP1

struct HeaderFieldsTests {
    private let fields: HeaderFields = ["Host": "a", "Cookie": "x=1", "X-Empty": "", "cookie": "y=2"]

    @Test func `lookups disregard case and keep order`() {
        #expect(fields.first("COOKIE") == "x=1")
        #expect(fields.all("Cookie") == ["x=1", "y=2"])
        #expect(fields.allBytes("cookie").map(Array.init) == [Array("x=1".utf8), Array("y=2".utf8)])
        #expect(fields.count("cookie") == 2)
        #expect(fields.count == 4)
        #expect(fields.first("x-empty") == "")
        #expect(fields.first("Hos") == nil)
        #expect(fields.first("Hosts") == nil)
        #expect(!fields.contains("Accept"))
        #expect(fields.map(\.name) == ["Host", "Cookie", "X-Empty", "cookie"])
        #expect(fields[3].description == "cookie: y=2")
    }

    @Test func `an appended value can't leave its line`() {
        var fields = HeaderFields()
        fields.append("X-A", "1\r\nX-B: 2")
        fields.append("X-C", " \t3\u{0}4\u{7F}\t ")
        fields.append("X-D", "\r\n")
        #expect(fields.first("X-A") == "1  X-B: 2")
        #expect(fields.first("X-B") == nil)
        #expect(fields.first("X-C") == "3 4")
        #expect(fields.first("X-D") == "")
    }

    @Test func `replacing and removing take all lines of a name`() {
        var changed = fields
        changed.replace("cookie", "z=3")
        #expect(changed.all("Cookie") == ["z=3"])
        #expect(changed[2].name == "cookie")
        changed.remove("Cookie")
        changed.remove("Cookie")
        #expect(changed.map(\.name) == ["Host", "X-Empty"])
        #expect(fields.count == 4, "the original is a value of its own")
    }

    @Test func `removing by prefix`() {
        var fields: HeaderFields = ["X-Forwarded-For": "a", "x-forwarded-port": "1", "X-Forwarded": "b", "X": "c"]
        fields.remove(withPrefix: "X-FORWARDED-")
        #expect(fields.map(\.name) == ["X-Forwarded", "X"])
    }

    @Test func `prepending`() {
        var fields: HeaderFields = ["A": "1", "B": "2"]
        fields.prepend("Host", "h")
        #expect(fields.map(\.description) == ["Host: h", "A: 1", "B: 2"])
    }

    @Test func `equality disregards the case of names only`() {
        #expect(fields == ["host": "a", "COOKIE": "x=1", "x-empty": "", "cookie": "y=2"])
        #expect(fields != ["host": "A", "COOKIE": "x=1", "x-empty": "", "cookie": "y=2"])
        #expect(fields != ["host": "a"])
    }

    @Test func `bytes that are not UTF-8 are kept and repaired only in strings`() throws {
        let bytes: [UInt8] = Array("GET / HTTP/1.0\r\nX: ".utf8) + [0xFF, 0x61] + Array("\r\n\r\n".utf8)
        let head = try #require(try receiveRequest(bytes)).head
        #expect(head.fields.firstBytes("x") == [0xFF, 0x61])
        #expect(head.fields.first("x") == "\u{FFFD}a")
        var copy = HeaderFields()
        copy.append(head.fields[0])
        #expect(copy.firstBytes("x") == [0xFF, 0x61])
        copy.append("Y", [0xFF].span)
        #expect(copy.firstBytes("y") == [0xFF])
    }
}
