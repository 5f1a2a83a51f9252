import Bytes
import Reactor
import System
import Testing

@testable import Gateway

/// What a client sent and nobody has taken: one read at most, never forgotten.
@Suite struct ClientInputTests {
    private let client: Transport
    private let peer: Transport

    init() throws {
        let (left, right) = try Socket.pair()
        client = Transport(left)
        peer = Transport(right)
    }

    private func send(_ bytes: [UInt8]) {
        peer.write(bytes)
        _ = peer.flush()
    }

    private func isBytes(_ result: Transport.ReadResult) -> Bool { if case .bytes = result { true } else { false } }

    private func isBlocked(_ result: Transport.ReadResult) -> Bool {
        if case .wouldBlock = result { true } else { false }
    }

    @Test func piecesAreTakenInOrder() throws {
        var input = ClientInput()
        send(Array("abcdef".utf8))
        #expect(isBytes(input.fill(from: client)))
        var taken: [UInt8] = []
        while !input.isEmpty {
            input.take { bytes in
                taken.append(bytes[0])
                return 1
            }
            // Memory in use stays.
            input.releaseMemory()
        }
        #expect(taken == Array("abcdef".utf8))
    }

    @Test func aReadThatFoundNothingIsRepeatedOnlyWhenToldTo() {
        var input = ClientInput()
        #expect(isBlocked(input.fill(from: client)))
        send([1])
        #expect(isBlocked(input.fill(from: client)))
        input.noteReadable()
        #expect(isBytes(input.fill(from: client)))
    }

    @Test func theEndIsReportedAgain() {
        var input = ClientInput()
        send([1])
        peer.finishWriting()
        _ = peer.flush()
        #expect(isBytes(input.fill(from: client)))
        input.take { $0.count }
        for _ in 1...2 {
            guard case .finished = input.fill(from: client) else {
                Issue.record("the end was lost")
                return
            }
        }
    }

    @Test func oneReadAtATime() {
        var input = ClientInput()
        send([UInt8](repeating: 7, count: 100_000))
        #expect(isBytes(input.fill(from: client)))
        input.take { bytes in
            #expect(bytes.count <= Transport.readCapacity)
            return bytes.count
        }
        #expect(isBytes(input.fill(from: client)))
    }
}
