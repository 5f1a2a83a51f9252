import MockServers
import Testing

@Suite struct BytePatternTests {
    @Test(arguments: [0, 1, 3, 7, 8, 9, 64, 1001])
    func anyPartIsThatPartOfTheWhole(offset: Int) {
        let whole = BytePattern.bytes(count: 4096)
        for count in [0, 1, 5, 8, 13, 500] {
            #expect(BytePattern.bytes(at: UInt64(offset), count: count) == Array(whole[offset..<offset + count]))
        }
    }

    @Test func blocksDiffer() {
        let blocks = (0..<64).map { BytePattern.bytes(at: UInt64($0) * 64, count: 64) }
        #expect(Set(blocks).count == 64)
    }
}
