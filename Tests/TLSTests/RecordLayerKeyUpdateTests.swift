import Testing

@testable import TLS

/// KeyUpdate (RFC 8446 section 4.6.3), both ways.
@Suite struct RecordLayerKeyUpdateTests {
    private func violation(_ alert: UInt8) -> RecordLayer.End? { .violation(alert) }

    private func end(_ make: (RecordPeer) -> [UInt8]) throws -> RecordLayer.End? {
        let peer = try RecordPeer()
        let other = try RecordPeer()
        let result = peer.read(make(peer)).end
        #expect(other.read(make(other), piece: 1, room: 1).end == result)
        return result
    }

    @Test(arguments: RecordSuite.all.indices)
    func theClientChangesKeys(index: Int) throws {
        let peer = try RecordPeer(suite: RecordSuite.all[index])
        for round: UInt8 in 0..<5 {
            let wire = peer.data([round]) + peer.keyUpdate(asking: false) + peer.data([round, round])
            #expect(peer.read(wire) == RecordPeer.Outcome(data: [round, round, round]))
            #expect(!peer.layer.needsKeyUpdate)
        }
    }

    @Test func dataWithTheOldKeysIsForged() throws {
        let peer = try RecordPeer()
        // The message without the change that it announces.
        let wire = peer.record(ContentType.handshake, [24, 0, 0, 1, 0]) + peer.data([1])
        #expect(peer.read(wire).end == violation(AlertDescription.badRecordMAC))
        let other = try RecordPeer()
        #expect(other.useNextKeys())
        #expect(other.read(other.data([1])).end == violation(AlertDescription.badRecordMAC))
    }

    @Test func severalRequestsAreAnsweredOnce() throws {
        let peer = try RecordPeer()
        let wire = (0..<10).flatMap { _ in peer.keyUpdate(asking: true) } + peer.data([1])
        #expect(peer.read(wire).data == [1])
        #expect(peer.layer.needsKeyUpdate)
        let update = peer.sealedKeyUpdate()
        #expect(peer.opened(update) == [24, 0, 0, 1, 0, ContentType.handshake])
        #expect(!peer.layer.needsKeyUpdate)
        let data = peer.sealed([2])
        #expect(peer.readWithNextKeys() && peer.opened(data) == [2, ContentType.applicationData])
    }

    /// Each costs the client 27 bytes, and us the making of keys.
    @Test func theOthersHaveTheirTurnBetweenManyUpdates() throws {
        let peer = try RecordPeer()
        var wire: [UInt8] = []
        for round: UInt8 in 0..<40 {
            wire += (0..<RecordLayer.maximumEmptyRecords / 4).flatMap { _ in peer.keyUpdate(asking: false) }
            wire += peer.data([round])
        }
        var data: [UInt8] = []
        while !wire.isEmpty {
            let (opened, bytes) = peer.open(&wire, room: 1 << 16)
            data += bytes
            #expect(opened.end == nil)
            #expect(opened.isPaused || wire.isEmpty)
            #expect(bytes.count <= RecordLayer.maximumKeyUpdatesAtOnce / (RecordLayer.maximumEmptyRecords / 4))
        }
        #expect(data == Array(0..<40))
    }

    @Test func recordsWithoutDataDoNotGoOnForEver() throws {
        let most = RecordLayer.maximumEmptyRecords
        let patient = try RecordPeer()
        let allowed = (0..<most).flatMap { _ in patient.data([]) } + patient.data([1])
        #expect(patient.read(allowed) == RecordPeer.Outcome(data: [1]))
        let updating = try RecordPeer()
        #expect(updating.read((0...most).flatMap { _ in updating.keyUpdate(asking: true) }).end == .flood)
        let empty = try RecordPeer()
        #expect(empty.read((0...most).flatMap { _ in empty.data([], padding: 7) }).end == .flood)
    }

    @Test func nothingSealedAfterTheAnswerHasTheOldKeys() throws {
        let peer = try RecordPeer()
        #expect(!peer.sealedKeyUpdate().isEmpty)
        #expect(peer.opened(peer.sealed([1])) == nil)
    }

    /// Message boundaries and record boundaries have nothing to do with each other (section 5.1).
    @Test func aKeyUpdateCutAnywhere() throws {
        let message: [UInt8] = [24, 0, 0, 1, 1]
        for cuts in 0..<16 {
            var pieces: [[UInt8]] = [[]]
            for (index, byte) in message.enumerated() {
                pieces[pieces.count - 1].append(byte)
                if cuts >> index & 1 == 1 && index < 4 { pieces.append([]) }
            }
            let peer = try RecordPeer()
            var wire = pieces.flatMap { peer.record(ContentType.handshake, $0, padding: $0.count) }
            #expect(peer.useNextKeys())
            wire += peer.data([8])
            #expect(peer.read(wire, piece: 3) == RecordPeer.Outcome(data: [8]), "\(pieces)")
            #expect(peer.layer.needsKeyUpdate)
        }
    }

    @Test func nothingComesBetweenThePartsOfAMessage() throws {
        for cut in 1...4 {
            let start = Array([24, 0, 0, 1][..<cut]) as [UInt8]
            for (type, content) in [
                (ContentType.applicationData, [1]), (ContentType.applicationData, []), (ContentType.alert, [1, 0]),
                (ContentType.alert, [1, 90]), (ContentType.handshake, []),
            ] as [(UInt8, [UInt8])] {
                let result = try end { $0.record(ContentType.handshake, start) + $0.record(type, content) }
                #expect(result == violation(AlertDescription.unexpectedMessage))
            }
        }
    }

    @Test func aKeyUpdateIsTheLastOfItsRecord() throws {
        for more: [UInt8] in [[0], [24], [24, 0, 0, 1, 0]] {
            let result = try end { $0.record(ContentType.handshake, [24, 0, 0, 1, 0] + more) }
            #expect(result == violation(AlertDescription.unexpectedMessage))
        }
    }

    @Test func badKeyUpdates() throws {
        for value: UInt8 in [2, 3, 255] {
            let result = try end { $0.record(ContentType.handshake, [24, 0, 0, 1, value]) }
            #expect(result == violation(AlertDescription.illegalParameter))
        }
        for header: [UInt8] in [[24, 1], [24, 0, 1], [24, 0, 0, 0], [24, 0, 0, 2, 0, 0]] {
            #expect(try end { $0.record(ContentType.handshake, header) } == violation(AlertDescription.decodeError))
        }
    }

    /// ClientHello, NewSessionTicket, EndOfEarlyData, Certificate, Finished, an empty record, and a number of nobody.
    @Test(arguments: [[1, 0, 0, 1, 0], [4, 0], [5, 0, 0, 0], [11], [20, 0, 0, 32], [], [255]] as [[UInt8]])
    func otherHandshakeMessagesAreUnexpected(message: [UInt8]) throws {
        let result = try end { $0.record(ContentType.handshake, message) }
        #expect(result == violation(AlertDescription.unexpectedMessage))
    }

    @Test func keysThatHaveServedTheirTimeAreChanged() throws {
        let limit = RecordLayer.maximumRecordsPerKey
        let peer = try RecordPeer(recordsSealed: limit - 2)
        for byte: UInt8 in [1, 2] {
            #expect(!peer.layer.needsKeyUpdate)
            #expect(peer.opened(peer.sealed([byte])) == [byte, ContentType.applicationData])
        }
        #expect(peer.layer.needsKeyUpdate)
        #expect(peer.opened(peer.sealedKeyUpdate()) == [24, 0, 0, 1, 0, ContentType.handshake])
        #expect(!peer.layer.needsKeyUpdate)
        #expect(peer.readWithNextKeys())
        #expect(peer.opened(peer.sealed([3])) == [3, ContentType.applicationData])
    }
}
