import JSON
import Testing

@Suite struct JSONPathTests {
    @Test func readsAsPeopleWriteIt() {
        #expect(JSONPath().description.isEmpty)
        let path = JSONPath().appending("listeners").appending(1).appending("backend").appending("port")
        #expect(path.description == "listeners[1].backend.port")
        let table = JSONPath().appending("gateway").appending("routes")
        #expect(table.appending("/token").description == #"gateway.routes["/token"]"#)
        #expect(table.appending("").description == #"gateway.routes[""]"#)
        #expect(JSONPath().appending("a\nb").description == #"["a\nb"]"#)
    }
}
