import Testing

@testable import TLS

/// What is derived from a traffic secret, against the published trace.
@Suite struct TrafficSecretTests {
    private func expand(
        _ secret: [UInt8], _ label: StaticString, _ count: Int, _ suite: RecordSuite = RecordSuite.all[0]
    ) -> [UInt8]? {
        TrafficSecret(secret).expand(label, count, suite: suite)
    }

    @Test func keysAndVectorsOfThePublishedTrace() {
        #expect(expand(PublishedTrace.clientSecret, "key", 16) == PublishedTrace.clientKey)
        #expect(expand(PublishedTrace.clientSecret, "iv", 12) == PublishedTrace.clientVector)
        #expect(expand(PublishedTrace.serverSecret, "key", 16) == PublishedTrace.serverKey)
        #expect(expand(PublishedTrace.serverSecret, "iv", 12) == PublishedTrace.serverVector)
    }

    @Test(arguments: RecordSuite.all.indices)
    func theNextSecretIsExpandedFromTheLast(index: Int) throws {
        let suite = RecordSuite.all[index]
        let secret = [UInt8](repeating: 7, count: suite.hashLength)
        let next = try #require(expand(secret, "traffic upd", suite.hashLength, suite))
        #expect(next.count == suite.hashLength && next != secret)
        let updated = TrafficSecret(secret).next(suite: suite)
        let key = updated?.expand("key", suite.keyLength, suite: suite)
        #expect(key != nil && key == expand(next, "key", suite.keyLength, suite))
    }

    @Test func aCopyIsTheSameSecret() {
        let key = unsafe PublishedTrace.serverSecret.withUnsafeBytes { bytes in
            unsafe TrafficSecret(copying: bytes).expand("key", 16, suite: RecordSuite.all[0])
        }
        #expect(key == PublishedTrace.serverKey)
    }

    @Test func suitesAreFoundByNumber() {
        for suite in RecordSuite.all { #expect(RecordSuite.numbered(suite.number) == suite) }
        #expect(RecordSuite.all.map(\.hashLength) == [32, 48, 32])
        // AES-128-CCM and its short brother stay with OpenSSL, as does all of TLS 1.2.
        for number: UInt16 in [0, 0x1300, 0x1304, 0x1305, 0xC02B] { #expect(RecordSuite.numbered(number) == nil) }
    }

    @Test func theLibraryHasEveryCipher() {
        let crypto = RecordCrypto()
        for suite in RecordSuite.all {
            let isThere = unsafe crypto.cipher(suite) != nil
            #expect(isThere)
        }
    }
}
