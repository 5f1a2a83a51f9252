import Testing

@testable import TLS

/// Single records, against the published trace: a wrong bit anywhere fails.
@Suite struct RecordProtectionTests {
    /// The protection with one of the trace's secrets.
    private func protection(_ secret: [UInt8], seals: Bool, sequence: UInt64, _ crypto: borrowing RecordCrypto)
        throws -> RecordProtection
    {
        let made = RecordProtection(
            suite: RecordSuite.all[0], secret: TrafficSecret(secret), seals: seals, sequence: sequence, crypto)
        guard let made else { throw RecordPeer.NoCipher() }
        return made
    }

    private func seal(_ content: [UInt8], _ type: UInt8, _ protection: inout RecordProtection) -> [UInt8] {
        var record = [UInt8](repeating: 0xEE, count: content.count + RecordProtection.overhead + 8)
        let length = unsafe record.withUnsafeMutableBytes { room in
            unsafe content.withUnsafeBytes { bytes in
                unsafe room.baseAddress.flatMap { unsafe protection.seal(bytes, type: type, to: $0) }
            }
        }
        #expect(length == content.count + RecordProtection.overhead)
        #expect(record.suffix(8).allSatisfy { $0 == 0xEE }, "written behind the record")
        return Array(record.dropLast(8))
    }

    private func open(_ record: [UInt8], _ protection: inout RecordProtection, inPlace: Bool) -> [UInt8]? {
        var record = record
        var elsewhere = [UInt8](repeating: 0, count: record.count)
        return unsafe record.withUnsafeMutableBytes { bytes in
            unsafe elsewhere.withUnsafeMutableBytes { room in
                let body = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[RecordProtection.headerLength...])
                let target = unsafe inPlace ? body : room
                guard let base = target.baseAddress, let count = unsafe protection.open(bytes, into: base) else {
                    return nil
                }
                return unsafe Array(target[..<count])
            }
        }
    }

    @Test func theTraceIsSealed() throws {
        let crypto = RecordCrypto()
        var server = try protection(PublishedTrace.serverSecret, seals: true, sequence: 0, crypto)
        #expect(seal(PublishedTrace.ticket, 22, &server) == PublishedTrace.ticketRecord)
        #expect(seal(PublishedTrace.data, 23, &server) == PublishedTrace.serverDataRecord)
        #expect(seal([1, 0], 21, &server) == PublishedTrace.serverAlertRecord)
        #expect(server.sequence == 3)
        var client = try protection(PublishedTrace.clientSecret, seals: true, sequence: 0, crypto)
        #expect(seal(PublishedTrace.data, 23, &client) == PublishedTrace.clientDataRecord)
        #expect(seal([1, 0], 21, &client) == PublishedTrace.clientAlertRecord)
    }

    /// As after a handshake, in which OpenSSL has sent the ticket.
    @Test func numbersGoOnWhereOpenSSLStopped() throws {
        let crypto = RecordCrypto()
        var server = try protection(PublishedTrace.serverSecret, seals: true, sequence: 1, crypto)
        #expect(seal(PublishedTrace.data, 23, &server) == PublishedTrace.serverDataRecord)
    }

    @Test(arguments: [true, false])
    func theTraceIsOpened(inPlace: Bool) throws {
        let crypto = RecordCrypto()
        var client = try protection(PublishedTrace.clientSecret, seals: false, sequence: 0, crypto)
        #expect(open(PublishedTrace.clientDataRecord, &client, inPlace: inPlace) == PublishedTrace.data + [23])
        #expect(open(PublishedTrace.clientAlertRecord, &client, inPlace: inPlace) == [1, 0, 21])
        var server = try protection(PublishedTrace.serverSecret, seals: false, sequence: 0, crypto)
        #expect(open(PublishedTrace.ticketRecord, &server, inPlace: inPlace) == PublishedTrace.ticket + [22])
        #expect(open(PublishedTrace.serverDataRecord, &server, inPlace: inPlace) == PublishedTrace.data + [23])
        #expect(open(PublishedTrace.serverAlertRecord, &server, inPlace: inPlace) == [1, 0, 21])
    }

    @Test func aRecordOutOfTurnIsForged() throws {
        let crypto = RecordCrypto()
        var client = try protection(PublishedTrace.clientSecret, seals: false, sequence: 0, crypto)
        #expect(open(PublishedTrace.clientAlertRecord, &client, inPlace: true) == nil)
        var late = try protection(PublishedTrace.clientSecret, seals: false, sequence: 1, crypto)
        #expect(open(PublishedTrace.clientDataRecord, &late, inPlace: true) == nil)
    }

    @Test func everyFlippedBitIsFound() throws {
        let crypto = RecordCrypto()
        for index in PublishedTrace.clientAlertRecord.indices {
            for bit in 0..<8 {
                var record = PublishedTrace.clientAlertRecord
                record[index] ^= 1 << bit
                var client = try protection(PublishedTrace.clientSecret, seals: false, sequence: 1, crypto)
                #expect(open(record, &client, inPlace: true) == nil, "byte \(index), bit \(bit)")
            }
        }
    }

    /// On both sides of the size up to which content is copied, and the largest.
    @Test(arguments: RecordSuite.all.indices, [0, 1, 15, 16, 17, 4095, 4096, 4097, 16_383, 16_384])
    func whatIsSealedOpens(index: Int, count: Int) throws {
        let crypto = RecordCrypto()
        let suite = RecordSuite.all[index]
        let secret = [UInt8](repeating: 9, count: suite.hashLength)
        guard var sealing = RecordProtection(suite: suite, secret: TrafficSecret(secret), seals: true, crypto),
            var opening = RecordProtection(suite: suite, secret: TrafficSecret(secret), seals: false, crypto)
        else { throw RecordPeer.NoCipher() }
        var noise = Noise(state: UInt64(count))
        for _ in 0..<3 {
            let content = noise.bytes(count)
            let record = seal(content, 23, &sealing)
            #expect(Array(record[..<3]) == [23, 3, 3])
            #expect(Int(record[3]) << 8 | Int(record[4]) == count + 17)
            #expect(open(record, &opening, inPlace: count.isMultiple(of: 2)) == content + [23])
            #expect(sealing.update() && opening.update())
            #expect(sealing.sequence == 0 && opening.sequence == 0)
        }
    }

    @Test func aSecretOfAnotherLengthIsRefused() throws {
        let crypto = RecordCrypto()
        for (suite, count) in [(RecordSuite.all[0], 48), (RecordSuite.all[1], 32), (RecordSuite.all[2], 0)] {
            let secret = TrafficSecret([UInt8](repeating: 1, count: count))
            let isMade = RecordProtection(suite: suite, secret: secret, seals: true, crypto) != nil
            #expect(!isMade)
        }
    }
}
