import HTTP1
import Testing

struct FieldListsTests {
    @Test func `several lines are one list, empty members are left out (RFC 9110 section 5.6.1.2)`() {
        let fields: HeaderFields = ["Connection": " a,, b\t,", "X": "q", "connection": ",c d , ,", "Connection": ""]
        #expect(fields.list("Connection") == ["a", "b", "c d"])
        #expect(fields.list("X") == ["q"])
        #expect(fields.list("Y") == [])
    }

    @Test func `a token is found whole and without regard to case`() {
        let fields: HeaderFields = ["Upgrade": "h2c", "Connection": "keep-alive, Upgrade", "Upgrade": "WebSocket"]
        #expect(fields.contains(token: "upgrade", inListField: "connection"))
        #expect(fields.contains(token: "websocket", inListField: "Upgrade"))
        #expect(!fields.contains(token: "keep", inListField: "Connection"))
        #expect(!fields.contains(token: "web", inListField: "Upgrade"))
        #expect(!fields.contains(token: "", inListField: "Upgrade"))
        #expect(!fields.contains(token: "close", inListField: "Proxy-Connection"))
    }
}
