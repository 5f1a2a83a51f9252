import Testing
import WebSocket

@Suite struct MessageAssemblyTests {
    @Test func putsPiecesTogether() throws {
        var assembly = MessageAssembly(limit: 5)
        #expect(try assembly.append([1, 2], endsMessage: false) == nil)
        #expect(try assembly.append([], endsMessage: false) == nil)
        #expect(try assembly.append([3, 4, 5], endsMessage: true) == [1, 2, 3, 4, 5])
        #expect(try assembly.append([], endsMessage: true) == [])
        #expect(try assembly.append([6], endsMessage: true) == [6])
    }

    @Test func refusesWhatIsOverTheLimit() throws {
        var assembly = MessageAssembly(limit: 3)
        #expect(try assembly.append([1, 2], endsMessage: false) == nil)
        #expect(throws: WebSocketError.messageTooLarge(limit: 3)) {
            try assembly.append([3, 4], endsMessage: false)
        }
    }
}
