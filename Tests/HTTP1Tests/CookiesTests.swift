import HTTP1
import Testing

/// RFC 6265 sections 4.1.1 and 4.2.
struct CookiesTests {
    @Test func `all values of a name over all fields`() {
        let fields: HeaderFields = ["Cookie": "a=1; token=x.y.z; b=2", "cookie": "token=second;token=third"]
        #expect(Cookies.values(named: "token", in: fields) == ["x.y.z", "second", "third"])
        #expect(Cookies.values(named: "b", in: fields) == ["2"])
        #expect(Cookies.values(named: "Token", in: fields) == [], "names compare with regard to case")
        #expect(Cookies.values(named: "toke", in: fields) == [])
        #expect(Cookies.values(named: "token", in: [:]) == [])
    }

    @Test(arguments: [
        ("t=a=b", ["a=b"]), ("t=", [""]), ("t", []), ("t=\"q\"", ["q"]), ("t=\"", ["\""]), ("t=\"\"", [""]),
        (" t = a ", ["a"]), (";;t=a;", ["a"]), ("x=t=a", []), ("xt=a; t=b", ["b"]), ("", []), ("=a", []),
    ])
    func `odd cookies`(value: String, expected: [String]) {
        #expect(Cookies.values(named: "t", in: ["Cookie": value]) == expected)
    }
}
