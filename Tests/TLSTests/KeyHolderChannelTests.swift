import Glibc
import Testing

@testable import TLS

/// A worker's side: answers that come, that don't, and that are somebody else's.
@Suite struct KeyHolderChannelTests {
    private let message = HandshakeMessage.certificateVerify(hash: [UInt8](repeating: 1, count: 32))

    private func failure(_ channel: KeyHolderChannel) -> KeyHolderChannel.Failure? {
        do throws(KeyHolderChannel.Failure) {
            _ = try channel.sign(message, scheme: .ed25519, key: 0)
            return nil
        } catch {
            return error
        }
    }

    @Test func aHolderThatIsSilentIsWaitedForOnce() {
        let ends = channelPair()
        defer { close(ends.holder) }
        let channel = KeyHolderChannel(owning: ends.worker, timeout: .seconds(1))
        let clock = ContinuousClock()
        let first = clock.measure { #expect(failure(channel) == .timeout) }
        #expect(first >= .seconds(1))
        // From now on it is hardly waited for.
        let second = clock.measure { #expect(failure(channel) == .timeout) }
        #expect(second >= KeyHolderChannel.impatience && second < .seconds(1))
    }

    @Test func aHolderThatCameBackIsTrustedAgain() throws {
        let ends = channelPair()
        let channel = KeyHolderChannel(owning: ends.worker, timeout: .milliseconds(100))
        #expect(failure(channel) == .timeout)
        // It starts, and first answers what nobody waits for any more.
        let thread = HolderThread(keys: [IssuedKey[.ed25519].privateKey], channels: [ends.holder])
        var isBack = false
        for _ in 0..<200 where !isBack { isBack = failure(channel) == nil }
        #expect(isBack)
        _ = consume channel
        thread.join()
    }

    @Test func aHolderThatIsGoneIsToldAtOnce() {
        let ends = channelPair()
        let channel = KeyHolderChannel(owning: ends.worker, timeout: .seconds(60))
        close(ends.holder)
        #expect(failure(channel) == .gone)
        #expect(failure(channel) == .gone)
    }

    @Test func aHolderThatDiesWhileAskedIsToldAtOnce() {
        let ends = channelPair()
        let channel = KeyHolderChannel(owning: ends.worker, timeout: .seconds(60))
        let killer = OtherThread {
            // The request is there; now it goes without an answer.
            var one = pollfd(fd: ends.holder, events: Int16(POLLIN), revents: 0)
            unsafe poll(&one, 1, 20_000)
            close(ends.holder)
        }
        #expect(failure(channel) == .gone)
        killer.join()
    }

    @Test func staleAndForeignAnswersAreSkipped() throws {
        let ends = channelPair()
        let channel = KeyHolderChannel(owning: ends.worker, timeout: .seconds(20))
        let holder = DatagramSocket(descriptor: ends.holder)
        // What a predecessor left behind, and garbage.
        for answer in [
            KeyAnswer(identifier: 0, outcome: .malformed).encoded,
            KeyAnswer(identifier: .max, outcome: .signed, signature: [1, 2, 3]).encoded, [1], [9, 9, 9],
            [UInt8](repeating: 1, count: 10_000),
        ] {
            #expect(holder.send(answer) == .done(answer.count))
        }
        let thread = HolderThread(keys: [IssuedKey[.ed25519].privateKey], channels: [ends.holder])
        #expect(try channel.sign(message, scheme: .ed25519, key: 0).count == 64)
        _ = consume channel
        thread.join()
    }

    @Test func refusalsArePassedOn() {
        let held = Held([IssuedKey[.p256].privateKey])
        #expect(failure(held.channel) == .refused(.wrongScheme))
        #expect(throws: KeyHolderChannel.Failure.refused(.notTLS)) {
            _ = try held.channel.sign([1, 2, 3], scheme: .ecdsaWithSHA256, key: 0)
        }
        #expect(throws: KeyHolderChannel.Failure.refused(.unknownKey)) {
            _ = try held.channel.sign(message, scheme: .ecdsaWithSHA256, key: 1)
        }
        // Not sent at all.
        for count in [0, KeyRequest.maxCount] {
            #expect(throws: KeyHolderChannel.Failure.refused(.notTLS)) {
                _ = try held.channel.sign([UInt8](repeating: 1, count: count), scheme: .ecdsaWithSHA256, key: 0)
            }
        }
    }

    @Test func aFullChannelTimesOut() {
        let ends = channelPair()
        defer { close(ends.holder) }
        let socket = DatagramSocket(descriptor: ends.worker)
        let filler = [UInt8](repeating: 1, count: 4000)
        while case .done = socket.send(filler) {}
        let channel = KeyHolderChannel(owning: ends.worker, timeout: .milliseconds(50))
        #expect(failure(channel) == .timeout)
    }
}
