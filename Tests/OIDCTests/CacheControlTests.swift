import HTTP1
import Testing

@testable import OIDC

@Suite("CacheControl: freshness of an answer (RFC 9111)")
struct CacheControlTests {
    @Test(
        "section 5.2.2: max-age, no-store, no-cache",
        arguments: [
            ([], nil), (["max-age=300"], 300), (["public, max-age=300, must-revalidate"], 300), (["MAX-AGE=7"], 7),
            (["max-age=\"60\""], 60), (["no-store"], 0), (["max-age=300, no-store"], 0), (["no-cache, max-age=9"], 0),
            (["public"], nil), (["max-age"], nil), (["max-age="], nil), (["max-age=-1"], nil), (["max-age=1.5"], nil),
            (["max-age=abc"], nil), (["max-age=0"], 0), (["max-age=99999999999999999999"], 1 << 31),
            (["max-age=300", "max-age=100"], 100), (["s-maxage=5"], nil), (["max-age=\""], nil),
        ] as [([String], Int64?)])
    func directives(lines: [String], freshness: Int64?) {
        let fields = HeaderFields(lines.map { (name: "Cache-Control", value: $0) })
        #expect(CacheControl.freshness(in: fields) == freshness)
    }

    @Test(
        "section 4.2.3: the time spent in caches is taken off",
        arguments: [("10", 290), ("300", 0), ("301", 0), ("99999999999999999999", 0), ("-5", 300), ("x", 300)]
            as [(String, Int64)])
    func age(age: String, freshness: Int64) {
        #expect(CacheControl.freshness(in: ["Cache-Control": "max-age=300", "Age": age]) == freshness)
    }
}
