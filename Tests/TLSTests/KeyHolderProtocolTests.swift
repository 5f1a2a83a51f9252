import Testing

@testable import TLS

/// Datagrams between worker and key holder, and what is none.
@Suite struct KeyHolderProtocolTests {
    private let request = KeyRequest(identifier: 0x0102_0304_0506_0708, key: 0x0A0B_0C0D, scheme: .ecdsaWithSHA384)

    private func refused(_ bytes: [UInt8]) -> KeyRequest.Refused? {
        do throws(KeyRequest.Refused) {
            _ = try KeyRequest(from: bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test func aRequestAsBytes() throws {
        let bytes = try #require(request.encoded(message: [0xEE, 0xFF]))
        #expect(bytes == [1, 1, 5, 3, 1, 2, 3, 4, 5, 6, 7, 8, 0x0A, 0x0B, 0x0C, 0x0D, 0xEE, 0xFF])
        #expect(try KeyRequest(from: bytes) == request)
        for scheme in SignatureScheme.allCases {
            let one = KeyRequest(identifier: .max, key: .max, scheme: scheme)
            #expect(try KeyRequest(from: #require(one.encoded(message: [0]))) == one)
        }
    }

    @Test func aMessageHasBounds() throws {
        #expect(request.encoded(message: []) == nil)
        let longest = KeyRequest.maxCount - KeyRequest.headerCount
        let bytes = try #require(request.encoded(message: [UInt8](repeating: 0, count: longest)))
        #expect(try KeyRequest(from: bytes) == request)
        #expect(request.encoded(message: [UInt8](repeating: 0, count: longest + 1)) == nil)
        #expect(refused(bytes + [0])?.outcome == .malformed)
    }

    @Test func whatIsNoRequestIsRefused() throws {
        let bytes = try #require(request.encoded(message: [0xEE]))
        for count in 0..<KeyRequest.headerCount {
            #expect(refused(Array(bytes.prefix(count))) == .init(identifier: 0, outcome: .malformed))
        }
        // The header alone: nothing to sign.
        #expect(
            refused(Array(bytes.prefix(16))) == .init(identifier: request.identifier, outcome: .malformed))
        for (index, value) in [(0, 0), (0, 2), (1, 0), (1, 2), (1, 255)] as [(Int, UInt8)] {
            var changed = bytes
            changed[index] = value
            #expect(refused(changed) == .init(identifier: request.identifier, outcome: .malformed))
        }
        let known = Set(SignatureScheme.allCases.map(\.rawValue))
        for code in UInt16.min...UInt16.max where !known.contains(code) {
            var changed = bytes
            (changed[2], changed[3]) = (UInt8(code >> 8), UInt8(code & 0xFF))
            guard refused(changed) == .init(identifier: request.identifier, outcome: .wrongScheme) else {
                Issue.record("scheme \(code) was accepted")
                return
            }
        }
    }

    @Test func anAnswerAsBytes() throws {
        let answer = KeyAnswer(identifier: 0x0102_0304_0506_0708, outcome: .signed, signature: [9, 10])
        #expect(answer.encoded == [1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
        #expect(KeyAnswer(from: answer.encoded) == answer)
        for outcome in KeyAnswer.Outcome.allCases where outcome != .signed {
            let refusal = KeyAnswer(identifier: .max, outcome: outcome)
            #expect(KeyAnswer(from: refusal.encoded) == refusal)
        }
    }

    @Test func whatIsNoAnswerIsIgnored() {
        let good = KeyAnswer(identifier: 1, outcome: .signed, signature: [9]).encoded
        for count in 0...12 { #expect(KeyAnswer(from: Array(good.prefix(count))) == nil) }
        for (index, value) in [(0, 0), (0, 2), (1, 6), (1, 255), (2, 1), (3, 1)] as [(Int, UInt8)] {
            var changed = good
            changed[index] = value
            #expect(KeyAnswer(from: changed) == nil)
        }
        // A refusal bears no signature.
        var refusal = good
        refusal[1] = 5
        #expect(KeyAnswer(from: refusal) == nil)
        let long = KeyAnswer(identifier: 1, outcome: .signed, signature: [UInt8](repeating: 1, count: 2048))
        #expect(KeyAnswer(from: long.encoded) == long)
        #expect(KeyAnswer(from: (long.encoded + [1])) == nil)
    }

    @Test func noiseDoesNoHarm() {
        var noise = Noise(state: 3)
        for _ in 0..<20_000 {
            var bytes = noise.bytes(Int(noise.next() % 64))
            // Half of them begin as they should.
            if noise.next() % 2 == 0 { for index in bytes.indices.prefix(2) { bytes[index] = 1 } }
            if let read = try? KeyRequest(from: bytes) { #expect(bytes.count > 16 && bytes[1] == 1, "\(read)") }
            if let read = KeyAnswer(from: bytes) { #expect(bytes.count >= 12, "\(read)") }
        }
    }
}
