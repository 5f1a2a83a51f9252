import Testing

@testable import TLS

/// Which lines of a key log count.
@Suite struct HandshakeSecretsTests {
    private static let random = String(repeating: "ab", count: 32)
    private static let client = "CLIENT_TRAFFIC_SECRET_0 \(random) \(String(repeating: "11", count: 32))"
    private static let server = "SERVER_TRAFFIC_SECRET_0 \(random) \(String(repeating: "22", count: 32))"

    /// Whether these lines are enough for a record layer.
    private func isEnough(_ lines: [String], suite: RecordSuite = RecordSuite.all[0]) throws -> Bool {
        try layer(lines, suite) != nil
    }

    private func layer(_ lines: [String], _ suite: RecordSuite) throws -> RecordLayer? {
        let secrets = HandshakeSecrets()
        for line in lines { unsafe Array(line.utf8).withUnsafeBufferPointer { unsafe secrets.note($0) } }
        return secrets.makeLayer(suite, recordsSealed: 0, try RecordCrypto())
    }

    @Test func bothSecretsMakeALayer() throws {
        #expect(try isEnough([Self.client, Self.server]))
        #expect(try isEnough([Self.server, Self.client]))
        #expect(try !isEnough([]))
        #expect(try !isEnough([Self.client]))
        #expect(try !isEnough([Self.server, Self.server]))
    }

    @Test func otherLinesAreNothing() throws {
        let others = [
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "EXPORTER_SECRET", "CLIENT_RANDOM",
            "CLIENT_TRAFFIC_SECRET_1", "CLIENT_TRAFFIC_SECRET_", "client_traffic_secret_0",
        ].map { "\($0) \(Self.random) \(String(repeating: "33", count: 32))" }
        #expect(try !isEnough(others + [Self.server]))
        #expect(try isEnough([Self.client, Self.server] + others))
        for line in ["", " ", "CLIENT_TRAFFIC_SECRET_0", "CLIENT_TRAFFIC_SECRET_0 ", "CLIENT_TRAFFIC_SECRET_0  zz"] {
            #expect(try !isEnough([line, Self.server]))
        }
    }

    @Test func theSecretMustBeTheSuites() throws {
        #expect(try !isEnough([Self.client, Self.server], suite: RecordSuite.all[1]))
    }

    @Test func secretsAreUsedOnce() throws {
        let secrets = HandshakeSecrets()
        let crypto = try RecordCrypto()
        for line in [Self.client, Self.server] {
            unsafe Array(line.utf8).withUnsafeBufferPointer { unsafe secrets.note($0) }
        }
        let first = secrets.makeLayer(RecordSuite.all[0], recordsSealed: 0, crypto)
        let second = secrets.makeLayer(RecordSuite.all[0], recordsSealed: 0, crypto)
        #expect(first != nil && second == nil)
    }

    /// The client's secret opens, the server's seals, and not the other way round.
    @Test func eachSecretHasItsDirection() throws {
        func hexadecimalText(_ bytes: [UInt8]) -> String {
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        let made = try layer(
            [
                "CLIENT_TRAFFIC_SECRET_0 \(Self.random) \(hexadecimalText(PublishedTrace.clientSecret))",
                "SERVER_TRAFFIC_SECRET_0 \(Self.random) \(hexadecimalText(PublishedTrace.serverSecret))",
            ], RecordSuite.all[0])
        let layer = try #require(made)
        let crypto = try RecordCrypto()
        var wire = PublishedTrace.clientDataRecord + PublishedTrace.clientAlertRecord
        var output = [UInt8](repeating: 0, count: 100)
        let opened = unsafe wire.withUnsafeMutableBytes { input in
            unsafe output.withUnsafeMutableBytes { unsafe layer.open(input, into: $0, crypto) }
        }
        #expect(opened.end == .closed && Array(output[..<opened.produced]) == PublishedTrace.data)
        var record = [UInt8](repeating: 0, count: PublishedTrace.ticketRecord.count)
        _ = unsafe record.withUnsafeMutableBytes { room in
            unsafe PublishedTrace.ticket.withUnsafeBytes { bytes in
                unsafe room.baseAddress.flatMap { unsafe layer.seal(bytes, type: ContentType.handshake, to: $0) }
            }
        }
        #expect(record == PublishedTrace.ticketRecord)
    }
}
