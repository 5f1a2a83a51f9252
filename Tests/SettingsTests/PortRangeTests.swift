import Settings
import Testing

@Suite struct PortRangeTests {
    @Test(arguments: [("1", 1, 1), ("65535", 65_535, 65_535), ("10000-10009", 10_000, 10_009), ("80-80", 80, 80)])
    func reads(text: String, first: UInt16, last: UInt16) throws {
        let range = try #require(PortRange(text))
        #expect(range.first == first)
        #expect(range.last == last)
        #expect(range.count == Int(last - first) + 1)
        #expect(PortRange(range.description) == range)
    }

    @Test(arguments: [
        "", "0", "65536", "-1", "1-", "-", "1-2-3", "2-1", "0-5", "1 - 2", " 1", "+1", "1..2", "١",
        "99999999999999999999",
    ])
    func refuses(text: String) {
        #expect(PortRange(text) == nil)
    }

    @Test func overlapsWhereAPortIsShared() throws {
        let range = try #require(PortRange("100-200"))
        for (text, expected) in [
            ("99", false), ("100", true), ("200", true), ("201", false), ("1-99", false), ("50-300", true),
        ] {
            let other = try #require(PortRange(text))
            #expect(range.overlaps(other) == expected)
            #expect(other.overlaps(range) == expected)
        }
    }
}
