import Testing

@testable import Settings

@Suite struct NearestNameTests {
    @Test(arguments: [
        ("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("", "abc", 3), ("port", "prot", 1), ("kitten", "sitting", 3),
        ("abc", "ab", 1), ("abc", "abcd", 1), ("abc", "axc", 1), ("ca", "abc", 3),
    ])
    func countsEdits(left: String, right: String, expected: Int) {
        #expect(NearestName.distance(Array(left.utf8), Array(right.utf8)) == expected)
        #expect(NearestName.distance(Array(right.utf8), Array(left.utf8)) == expected)
    }

    @Test(arguments: [
        ("prot", "port"), ("PORT", "port"), ("adress", "address"), ("enable", "enabled"), ("addresses", "address"),
        ("colour", nil), ("p", nil), ("", nil), ("xyz", nil),
    ])
    func findsWhatWasMeant(name: String, expected: String?) {
        #expect(NearestName.of(name, among: ["enabled", "address", "port"]) == expected)
    }

    @Test func anOverlongNameIsNoBurden() {
        let long = String(repeating: "port", count: 100_000)
        #expect(NearestName.of(long, among: ["enabled", "address"]) == nil)
    }
}
