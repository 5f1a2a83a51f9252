import Testing

@testable import TLS

/// What is derived from a traffic secret, against the published trace.
@Suite struct TrafficSecretTests {
    private func expand(
        _ secret: [UInt8], _ label: StaticString, _ count: Int, _ suite: RecordSuite = RecordSuite.all[0]
    ) throws -> [UInt8]? {
        let crypto = try RecordCrypto()
        return TrafficSecret(secret).expand(label, count, suite: suite, crypto)
    }

    private func parse(_ text: String) -> Int? {
        unsafe Array(text.utf8).withUnsafeBufferPointer { unsafe TrafficSecret.parse($0)?.count }
    }

    @Test func keysAndVectorsOfThePublishedTrace() throws {
        #expect(try expand(PublishedTrace.clientSecret, "key", 16) == PublishedTrace.clientKey)
        #expect(try expand(PublishedTrace.clientSecret, "iv", 12) == PublishedTrace.clientVector)
        #expect(try expand(PublishedTrace.serverSecret, "key", 16) == PublishedTrace.serverKey)
        #expect(try expand(PublishedTrace.serverSecret, "iv", 12) == PublishedTrace.serverVector)
    }

    @Test(arguments: RecordSuite.all.indices)
    func theNextSecretIsExpandedFromTheLast(index: Int) throws {
        let suite = RecordSuite.all[index]
        let secret = [UInt8](repeating: 7, count: suite.hashLength)
        let next = try #require(try expand(secret, "traffic upd", suite.hashLength, suite))
        #expect(next.count == suite.hashLength && next != secret)
        let crypto = try RecordCrypto()
        let updated = TrafficSecret(secret).next(suite: suite, crypto)
        let key = updated?.expand("key", suite.keyLength, suite: suite, crypto)
        #expect(try key != nil && key == expand(next, "key", suite.keyLength, suite))
    }

    @Test func moreThanOneHashIsNotToBeHad() throws {
        #expect(try expand(PublishedTrace.clientSecret, "key", 32)?.count == 32)
        #expect(try expand(PublishedTrace.clientSecret, "key", 33) == nil)
    }

    @Test func hexadecimalIsReadAndNothingElse() {
        #expect(parse("00ff") == 2)
        #expect(parse("aAbBcCdDeEfF09") == 7)
        #expect(parse(String(repeating: "5a", count: 48)) == 48)
        for text in ["", "0", "000", "0g", "g0", "0 ", "-1", "0:", "@0", "0`", String(repeating: "5a", count: 49)] {
            #expect(parse(text) == nil, "\(text)")
        }
    }

    @Test func hexadecimalMeansTheSameBytes() throws {
        let crypto = try RecordCrypto()
        let digits = PublishedTrace.clientSecret.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        for text in [digits, digits.uppercased()] {
            let characters = Array(text.utf8)
            let key = unsafe characters.withUnsafeBufferPointer { bytes in
                unsafe TrafficSecret.parse(bytes)?.expand("key", 16, suite: RecordSuite.all[0], crypto)
            }
            #expect(key == PublishedTrace.clientKey)
        }
    }

    @Test func suitesAreFoundByNumber() {
        for suite in RecordSuite.all { #expect(RecordSuite.numbered(suite.number) == suite) }
        #expect(RecordSuite.all.map(\.hashLength) == [32, 48, 32])
        // AES-128-CCM and its short brother stay with OpenSSL, as does all of TLS 1.2.
        for number: UInt16 in [0, 0x1300, 0x1304, 0x1305, 0xC02B] { #expect(RecordSuite.numbered(number) == nil) }
    }

    @Test func theLibraryHasEveryCipher() throws {
        let crypto = try RecordCrypto()
        for suite in RecordSuite.all {
            let isThere = unsafe crypto.cipher(suite) != nil
            #expect(isThere)
        }
    }
}
