import COpenSSL
import Testing

@testable import TLS

/// Which of a handshake's derivations are kept for the record layer.
@Suite struct HandshakeSecretsTests {
    /// Derives a secret as libssl does in a handshake.
    private func derive(
        _ label: String, key: UInt8 = 1, length: Int = 32, _ provider: String = "secure-proxy-key-schedule"
    )
        -> [UInt8]
    {
        let derivation = KeyScheduleTests.Derivation(
            digest: length == 48 ? "SHA2-384" : "SHA2-256", key: [UInt8](repeating: key, count: length), label: label,
            count: length)
        return orFail { try derivation.derive(provider) } ?? []
    }

    private func isEnough(
        _ secrets: HandshakeSecrets, _ suite: RecordSuite = RecordSuite.all[0]
    ) -> Bool { secrets.makeLayer(suite, recordsSealed: 0, RecordCrypto()) != nil }

    @Test func bothSecretsMakeALayer() {
        let secrets = HandshakeSecrets()
        #expect(!isEnough(secrets))
        // In two steps, as they come.
        _ = secrets.capturing { derive("c ap traffic") }
        #expect(!isEnough(secrets))
        _ = secrets.capturing { derive("s ap traffic") }
        #expect(isEnough(secrets))
        // SHA-384 needs longer ones.
        #expect(!isEnough(secrets, RecordSuite.all[1]))
        let long = HandshakeSecrets()
        _ = long.capturing { derive("c ap traffic", length: 48) + derive("s ap traffic", length: 48) }
        #expect(isEnough(long, RecordSuite.all[1]) && !isEnough(long))
    }

    @Test func otherDerivationsAreNothing() {
        let secrets = HandshakeSecrets()
        secrets.capturing {
            for label in ["c hs traffic", "s hs traffic", "exp master", "res master", "c ap traffi", "c ap traffic2"] {
                _ = derive(label)
            }
        }
        _ = derive("c ap traffic")
        _ = derive("s ap traffic")
        #expect(!isEnough(secrets))
        // OpenSSL's own derivations are not seen.
        _ = secrets.capturing { derive("c ap traffic", "default") + derive("s ap traffic", "default") }
        #expect(!isEnough(secrets))
    }

    /// The client's secret opens, the server's seals, and not the other way round.
    @Test func eachSecretHasItsDirection() throws {
        let secrets = HandshakeSecrets()
        let (client, server) = secrets.capturing { (derive("c ap traffic", key: 1), derive("s ap traffic", key: 2)) }
        let crypto = RecordCrypto()
        let suite = RecordSuite.all[0]
        let made = secrets.makeLayer(suite, recordsSealed: 3, crypto)
        let layer = try #require(made)
        guard var sealing = RecordProtection(suite: suite, secret: TrafficSecret(client), seals: true, crypto),
            var opening = RecordProtection(
                suite: suite, secret: TrafficSecret(server), seals: false, sequence: 3, crypto)
        else { throw RecordPeer.NoCipher() }
        var record = [UInt8](repeating: 0, count: 3 + RecordProtection.overhead)
        var output = [UInt8](repeating: 0, count: 100)
        let content: [UInt8] = [7, 8, 9]
        let opened = unsafe record.withUnsafeMutableBytes { input in
            if let base = input.baseAddress {
                _ = unsafe content.withUnsafeBytes { unsafe sealing.seal($0, type: 23, to: base) }
            }
            return unsafe output.withUnsafeMutableBytes { unsafe layer.open(input, into: $0) }
        }
        #expect(opened.end == nil && Array(output[..<opened.produced]) == content)
        let inner = unsafe record.withUnsafeMutableBytes { bytes -> Int? in
            guard let base = bytes.baseAddress else { return nil }
            _ = unsafe content.withUnsafeBytes { unsafe layer.seal($0, type: 23, to: base) }
            return unsafe opening.open(bytes, into: base + RecordProtection.headerLength)
        }
        #expect(inner == 4 && Array(record[5..<9]) == content + [23])
    }
}
