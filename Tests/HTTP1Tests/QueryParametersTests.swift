import HTTP1
import Testing

struct QueryParametersTests {
    @Test func `values of a name, in order and decoded`() throws {
        let query = "a=1&access_token=x.y&b&access%5Ftoken=z%3D&&=q&access_token"
        #expect(try QueryParameters.values(named: "access_token", in: query) == ["x.y", "z=", ""])
        #expect(try QueryParameters.values(named: "b", in: query) == [""])
        #expect(try QueryParameters.values(named: "c", in: query) == [])
        #expect(try QueryParameters.values(named: "A", in: query) == [])
        #expect(try QueryParameters.values(named: "t", in: "t=a=b+c") == ["a=b c"])
        #expect(try QueryParameters.values(named: "t", in: "") == [])
    }

    @Test func `all pairs`() throws {
        let pairs = try QueryParameters.all(in: "a=1&b=&c&a=%C3%A9")
        #expect(pairs.map(\.name) == ["a", "b", "c", "a"])
        #expect(pairs.map(\.value) == ["1", "", "", "é"])
    }

    @Test func `malformed ones are refused where they matter`() throws {
        #expect(throws: HTTPError.malformedPercentEncoding) { try QueryParameters.values(named: "t", in: "t=%") }
        #expect(throws: HTTPError.malformedPercentEncoding) { try QueryParameters.values(named: "t", in: "%x=1&t=a") }
        #expect(throws: HTTPError.queryNotUTF8) { try QueryParameters.values(named: "t", in: "t=%ff") }
        #expect(throws: HTTPError.queryNotUTF8) { try QueryParameters.all(in: "u=%C0%80") }
        #expect(try QueryParameters.values(named: "t", in: "u=%ff&t=a") == ["a"])
    }
}
