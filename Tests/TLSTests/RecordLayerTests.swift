import Testing

@testable import TLS

/// What the server's record layer makes of what comes: every rule of RFC 8446 section 5 and its alert.
@Suite struct RecordLayerTests {
    private func violation(_ alert: UInt8) -> RecordLayer.End? { .violation(alert) }

    /// The outcome, which must be the same for records that come whole and byte by byte.
    private func outcome(_ make: (RecordPeer) -> [UInt8]) throws -> RecordPeer.Outcome {
        let whole = try RecordPeer()
        let result = whole.read(make(whole))
        for (piece, room) in [(1, 1 << 16), (Int.max, 1), (7, 5)] {
            let other = try RecordPeer()
            let again = other.read(make(other), piece: piece, room: room)
            #expect(again == result, "pieces of \(piece), room for \(room)")
        }
        return result
    }

    private func end(_ make: (RecordPeer) -> [UInt8]) throws -> RecordLayer.End? {
        // What came before counts in any case.
        let result = try outcome { $0.data([1, 2, 3]) + make($0) }
        #expect(result.data == [1, 2, 3])
        return result.end
    }

    // MARK: Data

    @Test(arguments: RecordSuite.all.indices)
    func dataOfEverySuite(index: Int) throws {
        let peer = try RecordPeer(suite: RecordSuite.all[index])
        var noise = Noise(state: 3)
        let pieces = [1, 100, 0, 16_384, 5000].map { noise.bytes($0) }
        let wire = pieces.flatMap { peer.data($0) }
        let outcome = peer.read(wire, piece: 1000)
        #expect(outcome.data == pieces.flatMap { $0 })
        #expect(outcome.end == nil && outcome.left == 0)
    }

    @Test func theBeginningOfARecordWaits() throws {
        let peer = try RecordPeer()
        let record = peer.data([1, 2, 3])
        for count in 0..<record.count {
            var part = Array(record[..<count])
            let (opened, _) = peer.open(&part, room: 100)
            #expect(opened == RecordLayer.Opened())
        }
        #expect(peer.read(record).data == [1, 2, 3])
    }

    @Test func emptyDataIsNothing() throws {
        let result = try outcome { $0.data([]) + $0.data([5]) + $0.data([], padding: 40) + $0.data([6]) }
        #expect(result == RecordPeer.Outcome(data: [5, 6]))
    }

    private static let paddings: [([UInt8], Int)] = [
        ([], 1), ([7], 1), ([0], 1), ([0, 0], 500), ([1], 16_383), ([], 16_384),
    ]

    @Test func paddingOfEverySortIsTakenOff() throws {
        // Zeros of the content itself stay.
        for (content, padding) in Self.paddings {
            let result = try outcome { $0.data(content, padding: padding) + $0.data([9]) }
            #expect(result == RecordPeer.Outcome(data: content + [9]), "\(content.count), \(padding)")
        }
        #expect(try end { $0.record(ContentType.alert, [1, 0], padding: 100) } == .closed)
    }

    /// A record that holds only padding needs more room than there is, and is no end of what can be read at once.
    @Test func paddingInASmallBufferHidesNothing() throws {
        let peer = try RecordPeer()
        var wire = peer.data([], padding: 1000) + peer.data([4, 5])
        let (opened, data) = peer.open(&wire, room: 100)
        #expect(data == [4, 5] && wire.isEmpty)
        #expect(opened.end == nil && !peer.layer.hasRest)
    }

    @Test(arguments: Array(1...40) + [100, 1000])
    func outputOfEverySize(room: Int) throws {
        var noise = Noise(state: 1)
        let pieces = [1, 2, 3, 30, 0, 20, 19, 400].map { noise.bytes($0) }
        let peer = try RecordPeer()
        var wire = pieces.flatMap { peer.data($0, padding: $0.count % 3) }
        var got: [UInt8] = []
        while got.count < 475 {
            let waiting = wire.count
            let (opened, data) = peer.open(&wire, room: room)
            try #require(opened.produced > 0 && opened.produced <= room)
            #expect(opened.end == nil && opened.consumed == waiting - wire.count)
            got += data
        }
        #expect(got == pieces.flatMap { $0 } && wire.isEmpty && !peer.layer.hasRest)
    }

    /// Records are opened whole: one that doesn't fit behind another waits.
    @Test func aRecordThatDoesNotFitWaits() throws {
        let peer = try RecordPeer()
        var wire = peer.data([UInt8](repeating: 1, count: 60)) + peer.data([UInt8](repeating: 2, count: 60))
        let (first, _) = peer.open(&wire, room: 100)
        #expect(first.produced == 60 && wire.count == 60 + RecordProtection.overhead && !peer.layer.hasRest)
        let (second, data) = peer.open(&wire, room: 50)
        #expect(second.produced == 50 && wire.isEmpty && peer.layer.hasRest)
        let (third, rest) = peer.open(&wire, room: 50)
        #expect(third.produced == 10 && !peer.layer.hasRest)
        #expect(data + rest == [UInt8](repeating: 2, count: 60))
    }

    // MARK: Forgeries

    @Test func aForgedRecordIsABadRecord() throws {
        for index in [0, 4, 9] {
            let result = try end { peer in
                var record = peer.data([4, 5, 6])
                record[RecordProtection.headerLength + index] ^= 1
                return record + peer.data([7])
            }
            #expect(result == violation(AlertDescription.badRecordMAC))
        }
    }

    @Test func everyByteOfTheHeaderIsAuthentic() throws {
        // The version means nothing by itself (section 5.1), but is protected.
        for index in [1, 2] {
            let result = try end { peer in
                var record = peer.data([4])
                record[index] ^= 2
                return record
            }
            #expect(result == violation(AlertDescription.badRecordMAC))
        }
        let longer = try end { peer in
            var record = peer.data([4]) + peer.data([5])
            record[4] += 1
            return record
        }
        #expect(longer == violation(AlertDescription.badRecordMAC))
        let shorter = try end { peer in
            var record = peer.data([4, 5])
            record[4] -= 1
            return record
        }
        #expect(shorter == violation(AlertDescription.badRecordMAC))
    }

    @Test func replayedReorderedAndMissingRecordsAreForged() throws {
        let peer = try RecordPeer()
        let records = [peer.data([1]), peer.data([2])]
        #expect(peer.read(records[1] + records[0]).end == violation(AlertDescription.badRecordMAC))
        let other = try RecordPeer()
        let record = other.data([1])
        let replayed = other.read(record + record)
        #expect(replayed.data == [1] && replayed.end == violation(AlertDescription.badRecordMAC))
    }

    @Test(arguments: 0...16)
    func aRecordTooShortForItsTag(count: Int) throws {
        let result = try end { _ in [23, 3, 3, 0, UInt8(count)] + [UInt8](repeating: 0, count: count) }
        #expect(result == violation(AlertDescription.badRecordMAC))
    }

    // MARK: Sizes

    @Test func tooLongACiphertext() throws {
        for length in [RecordProtection.maximumCiphertext + 1, 0xFFFF] {
            // By the header alone: nothing behind it is waited for.
            let result = try outcome { _ in [23, 3, 3, UInt8(length >> 8), UInt8(length & 0xFF)] }
            #expect(result.end == violation(AlertDescription.recordOverflow))
        }
        let largest = RecordProtection.maximumCiphertext
        let result = try outcome { _ in [23, 3, 3, UInt8(largest >> 8), UInt8(largest & 0xFF)] }
        #expect(result.end == nil && result.left == 5)
    }

    @Test func tooLongAPlaintext() throws {
        let most = RecordProtection.maximumPlaintext
        let zeros = [UInt8](repeating: 1, count: most)
        #expect(try outcome { $0.data(zeros) }.data.count == most)
        #expect(try end { $0.data(zeros + [1]) } == violation(AlertDescription.recordOverflow))
        // Padding counts (section 5.4), up to what fits into the largest ciphertext.
        #expect(try end { $0.data([1], padding: most) } == violation(AlertDescription.recordOverflow))
        #expect(try end { $0.data([1], padding: most + 238) } == violation(AlertDescription.recordOverflow))
    }

    // MARK: Types

    @Test func zerosOnlyHaveNoType() throws {
        for count in [1, 2, 300] {
            let result = try end { $0.record(inner: [UInt8](repeating: 0, count: count)) }
            #expect(result == violation(AlertDescription.unexpectedMessage))
        }
    }

    /// Alerts and ChangeCipherSpec in the clear, and whatever else has another outer type, are at home in handshakes.
    @Test func unprotectedRecordsAreUnexpected() throws {
        let records: [[UInt8]] = [
            [21, 3, 3, 0, 2, 1, 0], [21, 3, 3, 0, 2, 2, 40], [20, 3, 3, 0, 1, 1], [22, 3, 3, 0, 5, 24, 0, 0, 1, 0],
            [24, 3, 3, 0, 0], [0, 0, 0, 0, 0], [0x47, 0x45, 0x54, 0x20, 0x2F],
        ]
        for record in records {
            #expect(try end { _ in record } == violation(AlertDescription.unexpectedMessage))
        }
    }

    @Test func protectedRecordsOfOtherTypesAreUnexpected() throws {
        for type: UInt8 in [1, 20, 24, 25, 255] {
            #expect(try end { $0.record(type, [1]) } == violation(AlertDescription.unexpectedMessage))
        }
    }

    // MARK: Alerts

    @Test func closeNotifyEndsTheStream() throws {
        let result = try outcome { $0.data([1]) + $0.record(ContentType.alert, [1, 0]) + $0.data([2]) }
        #expect(result.data == [1] && result.end == .closed)
        // The level says nothing (section 6).
        #expect(try end { $0.record(ContentType.alert, [2, 0]) } == .closed)
        #expect(try end { $0.record(ContentType.alert, [77, 0]) } == .closed)
    }

    @Test func userCanceledIsFollowedByMore() throws {
        let result = try outcome {
            $0.record(ContentType.alert, [1, AlertDescription.userCanceled]) + $0.data([1])
                + $0.record(ContentType.alert, [1, AlertDescription.closeNotify])
        }
        #expect(result.data == [1] && result.end == .closed)
    }

    /// Whatever the level, and known or not (section 6.2).
    @Test(arguments: [10, 20, 40, 46, 80, 100, 112, 116, 255] as [UInt8])
    func otherAlertsAreErrors(description: UInt8) throws {
        for level: UInt8 in [1, 2] {
            #expect(try end { $0.record(ContentType.alert, [level, description]) } == .peerAlert(description))
        }
    }

    @Test func alertsThatAreNone() throws {
        #expect(try end { $0.record(ContentType.alert, []) } == violation(AlertDescription.unexpectedMessage))
        for content: [UInt8] in [[1], [1, 0, 0], [1, 0, 1, 0]] {
            #expect(try end { $0.record(ContentType.alert, content) } == violation(AlertDescription.decodeError))
        }
    }

    // MARK: Counting

    @Test func recordsAreCounted() {
        func count(_ bytes: [UInt8]) -> UInt64? {
            unsafe bytes.withUnsafeBytes { unsafe RecordLayer.countRecords($0) }
        }
        let record: [UInt8] = [23, 3, 3, 0, 3, 1, 2, 3]
        #expect(count([]) == 0)
        #expect(count(record) == 1)
        #expect(count(record + [23, 3, 3, 0, 0] + record) == 3)
        #expect(count(PublishedTrace.ticketRecord + PublishedTrace.serverDataRecord) == 2)
        // Halves, and records of the handshake before.
        for cut in 1..<record.count { #expect(count(record + record[..<cut]) == nil) }
        #expect(count([22, 3, 3, 0, 1, 0]) == nil)
        #expect(count(record + [20, 3, 3, 0, 1, 1]) == nil)
    }

    @Test func lengthsOfRecords() {
        func length(_ bytes: [UInt8]) -> Int? {
            unsafe bytes.withUnsafeBytes { unsafe RecordLayer.recordLength($0) }
        }
        #expect(length([23, 3, 3, 1]) == nil)
        #expect(length([23, 3, 3, 1, 2]) == 5 + 258)
        #expect(length([23, 3, 3, 0xFF, 0xFF, 9]) == 5 + 65_535)
    }
}
