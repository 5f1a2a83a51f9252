import COpenSSL
import Glibc
import Testing

@testable import TLS

/// The holder against workers that were taken over.
@Suite struct KeyHolderTests {
    private let keys = [IssuedKey[.p256], IssuedKey[.rsa2048], IssuedKey[.ed25519]].map(\.privateKey)
    private let message = HandshakeMessage.certificateVerify(hash: [UInt8](repeating: 1, count: 32))

    private func answer(_ key: UInt32, _ scheme: SignatureScheme, _ message: [UInt8]) throws -> KeyAnswer {
        let request = KeyRequest(identifier: 77, key: key, scheme: scheme)
        let datagram = try #require(request.encoded(message: message))
        let answer = KeyHolder(keys: keys).answer(to: datagram)
        #expect(answer.identifier == 77)
        #expect(answer.signature.isEmpty == (answer.outcome != .signed))
        return answer
    }

    @Test func onlyWhatFitsTheKeyIsSigned() throws {
        let fitting: [[SignatureScheme]] = [
            [.ecdsaWithSHA256, .ecdsaWithSHA384, .ecdsaWithSHA512],
            [.rsaPSSWithSHA256, .rsaPSSWithSHA384, .rsaPSSWithSHA512],
            [.ed25519],
        ]
        for (index, schemes) in fitting.enumerated() {
            for scheme in SignatureScheme.allCases {
                let outcome = try answer(UInt32(index), scheme, message).outcome
                let isPKCS1 = index == 1 && "\(scheme)".contains("rsaPKCS1")
                // TLS 1.3 has no PKCS#1.
                #expect(outcome == (schemes.contains(scheme) ? .signed : isPKCS1 ? .notTLS : .wrongScheme), "\(scheme)")
            }
        }
    }

    @Test func unknownKeysAreRefused() throws {
        for key in [3, 4, UInt32(Int32.max), .max] {
            #expect(try answer(key, .ecdsaWithSHA256, message).outcome == .unknownKey)
        }
        let empty = KeyHolder(keys: [])
        let request = KeyRequest(identifier: 1, key: 0, scheme: .ed25519)
        #expect(try empty.answer(to: #require(request.encoded(message: message))).outcome == .unknownKey)
    }

    @Test func whatIsNotTLSIsRefused() throws {
        var noise = Noise(state: 9)
        for count in [1, 20, 32, 48, 64, 256, 1000, 60_000] {
            for (key, scheme) in [
                (0, .ecdsaWithSHA256), (1, .rsaPKCS1WithSHA256), (1, .rsaPSSWithSHA256), (2, .ed25519),
            ]
                as [(UInt32, SignatureScheme)]
            {
                #expect(try answer(key, scheme, noise.bytes(count)).outcome == .notTLS)
            }
        }
    }

    /// Everything that a worker can send; an honest one beside it is served all the while.
    @Test func aHostileWorkerHarmsNobodyElse() throws {
        let (hostile, honest) = (channelPair(), channelPair())
        let thread = HolderThread(keys: keys, channels: [hostile.holder, honest.holder])
        let socket = DatagramSocket(descriptor: hostile.worker)
        let channel = KeyHolderChannel(owning: honest.worker, timeout: .seconds(20))
        var noise = Noise(state: 21)
        let good = try #require(
            KeyRequest(identifier: 5, key: 0, scheme: .ecdsaWithSHA256).encoded(message: message))
        for round in 0..<200 {
            // Sizes from nothing to more than fits; its answers are never read, so that they fill its socket.
            for count in [0, 1, 15, 16, 17, 300, KeyRequest.maxCount, KeyRequest.maxCount + 1, 120_000] {
                _ = socket.send(noise.bytes(min(count, 400)) + [UInt8](repeating: 1, count: max(count - 400, 0)))
            }
            _ = socket.send(good)
            if round % 10 == 0 { _ = try channel.sign(message, scheme: .ecdsaWithSHA256, key: 0) }
        }
        #expect(try channel.sign(message, scheme: .ed25519, key: 2).count == 64)
        // Its successor finds the channel working, once what nobody waits for is read away.
        let successor = KeyHolderChannel(owning: dup(hostile.worker), timeout: .seconds(20))
        #expect(try successor.sign(message, scheme: .ed25519, key: 2).count == 64)
        close(hostile.worker)
        _ = consume successor
        _ = consume channel
        thread.join()
    }

    @Test func aHolderEndsWithItsLastChannel() {
        let pairs = [channelPair(), channelPair(), channelPair()]
        let thread = HolderThread(keys: keys, channels: pairs.map(\.holder))
        for pair in pairs { close(pair.worker) }
        thread.join()
        let none = HolderThread(keys: keys, channels: [])
        none.join()
    }

    @Test func aChannelThatIsNoneIsNamed() {
        do throws(TLSError) {
            try KeyHolder(keys: keys).serve(channels: [1_000_000])
            Issue.record("served")
        } catch {
            #expect(error == .keyHolderCannotStart(reason: "EBADF"))
        }
    }

    @Test func whatATokenCannotSignIsAnAnswer() throws {
        // The public half alone: a key that can't sign, as a token that was pulled out.
        let bytes = IssuedKey[.p256].certificatePEM
        let certificates = try unsafe PEM.certificates(in: bytes, label: "c")
        defer { unsafe certificates.forEach { unsafe X509_free($0) } }
        let key = unsafe PrivateKey(owning: try #require(X509_get_pubkey(certificates[0])), label: "public")
        let request = KeyRequest(identifier: 8, key: 0, scheme: .ecdsaWithSHA256)
        let answer = KeyHolder(keys: [key]).answer(to: try #require(request.encoded(message: message)))
        #expect(answer == KeyAnswer(identifier: 8, outcome: .failed))
        #expect(ERR_peek_error() == 0)
    }
}
