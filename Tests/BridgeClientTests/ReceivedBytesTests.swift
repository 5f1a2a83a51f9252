import Testing

@testable import BridgeClient

@Suite struct ReceivedBytesTests {
    @Test func bytesComeOutInOrder() {
        var received = ReceivedBytes()
        received.append([1, 2, 3], endsMessage: false)
        received.append([4], endsMessage: true)
        #expect(received.take(2) == [1, 2])
        #expect(received.count == 2)
        #expect(received.total == 4)
        #expect(received.take(99) == [3, 4])
        #expect(received.take(1) == [])
        #expect(received.messageSizes == [4])
    }

    @Test func messagesKeepTheirBorders() {
        var received = ReceivedBytes()
        received.append([1], endsMessage: false)
        received.append([2], endsMessage: true)
        received.append([], endsMessage: true)
        received.append([], endsMessage: true)
        received.append([3], endsMessage: true)
        received.append([4], endsMessage: false)
        #expect(received.takeMessage() == [1, 2])
        #expect(received.takeMessage() == [])
        #expect(received.takeMessage() == [])
        #expect(received.takeMessage() == [3])
        #expect(received.takeMessage() == nil)
        #expect(received.messageSizes == [2, 0, 0, 1])
    }

    @Test func aMessageTakenInPartLeavesTheRest() {
        var received = ReceivedBytes()
        received.append([1, 2, 3], endsMessage: true)
        #expect(received.take(1) == [1])
        #expect(received.takeMessage() == [2, 3])
        received.append([4], endsMessage: true)
        #expect(received.take(1) == [4])
        #expect(!received.hasMessage)
    }

    @Test func delimitersAreFound() {
        var received = ReceivedBytes()
        received.append([9, 1, 2], endsMessage: false)
        #expect(received.count(through: [2, 3]) == nil)
        received.append([3, 4], endsMessage: false)
        #expect(received.count(through: [2, 3]) == 4)
        _ = received.take(2)
        #expect(received.count(through: [2, 3]) == 2)
        #expect(received.count(through: []) == nil)
    }

    @Test func takingManySmallPiecesOfMuchIsCheap() {
        var received = ReceivedBytes()
        let bytes = pattern(4 * 1024 * 1024)
        received.append(bytes, endsMessage: true)
        var back: [UInt8] = []
        while received.count > 0 { back += received.take(4_000) }
        expectSame(back, bytes)
    }
}
