import Testing

@testable import System

@Suite struct LandlockTests {
    @Test(
        arguments: zip(
            Int32(1)...8, [0x1FFF, 0x3FFF, 0x7FFF, 0x7FFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF] as [UInt64]))
    func eachVersionRestrictsAllThatItKnows(_ version: Int32, _ files: UInt64) {
        #expect(Landlock.FileAccess.all(version: version) == files)
        #expect(Landlock.network(version: version) == (version >= 4 ? 1 : 0))
        #expect(Landlock.scopes(version: version) == (version >= 6 ? 3 : 0))
    }

    @Test func readingIsAmongWhatTheFirstVersionRestricts() {
        let reading = Landlock.FileAccess.readFile | Landlock.FileAccess.readDirectory
        #expect(Landlock.FileAccess.all(version: 1) & reading == reading)
    }
}
