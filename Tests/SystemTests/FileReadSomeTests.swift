import System
import Testing

@Suite struct FileReadSomeTests {
    @Test func answersWhatIsThereAndNothingAtTheEnd() throws {
        let (reader, writer) = try Socket.pair()
        try File.writeAll([1, 2, 3], to: writer.number)
        #expect(try File.readSome(descriptor: reader.number, named: "pair", limit: 2) == [1, 2])
        #expect(try File.readSome(descriptor: reader.number, named: "pair") == [3])
        writer.close()
        #expect(try File.readSome(descriptor: reader.number, named: "pair") == [])
    }

    @Test func namesWhatCannotBeRead() {
        #expect(throws: SystemError("read", "nothing", code: 9)) {
            _ = try File.readSome(descriptor: -1, named: "nothing")
        }
    }
}
