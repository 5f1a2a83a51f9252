import Bytes
import Testing

@Suite struct ByteQueueTests {
    @Test func bytesComeOutInTheOrderTheyWentIn() {
        var queue = ByteQueue()
        var reference: [UInt8] = []
        var generator = SystemRandomNumberGenerator()
        for round in 0..<2_000 {
            if Bool.random(using: &generator) {
                let chunk = (0..<Int.random(in: 0...400)).map { UInt8(truncatingIfNeeded: $0 &+ round) }
                queue.append(chunk)
                reference += chunk
            } else {
                let count = Int.random(in: 0...queue.count)
                queue.removeFirst(count)
                reference.removeFirst(count)
            }
            #expect(queue.count == reference.count)
            #expect(queue.isEmpty == reference.isEmpty)
        }
        #expect(queue.bytes == reference)
        let seen = unsafe queue.withUnsafeBytes { unsafe Array($0) }
        #expect(seen == reference)
        queue.removeAll()
        #expect(queue.isEmpty)
    }
}

@Suite struct Base64URLTests {
    @Test(arguments: [
        "": "", "f": "Zg", "fo": "Zm8", "foo": "Zm9v", "foob": "Zm9vYg", "fooba": "Zm9vYmE", "foobar": "Zm9vYmFy",
    ])
    func rfc4648Section10Vectors(plain: String, encoded: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == encoded)
        #expect(Base64URL.decode(encoded) == Array(plain.utf8))
    }

    @Test func everyByteValueSurvives() {
        let all = (0...255).map { UInt8($0) }
        for count in 0...all.count {
            let prefix = Array(all.prefix(count))
            #expect(Base64URL.decode(Base64URL.encode(prefix)) == prefix)
        }
    }

    @Test(arguments: ["A", "Zg==", "Zm9v=", "Zh", "Zm9", "Z g", "Zg\n", "++++", "////", "Zm8=", "é", "AAAAA"])
    func whatIsNotTheCanonicalEncodingIsRefused(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }
}

@Suite struct UTF8ValidationTests {
    @Test func agreesWithTheStandardLibraryOnRandomBytes() {
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...6)).map { _ in UInt8.random(in: Bool.random() ? 0x70...0xFF : 0...255) }
            let verdict = UTF8Validation.isValid(bytes.span)
            #expect(verdict == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
        }
    }

    @Test(
        arguments: [
            [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0x80],
        ] as [[UInt8]])
    func malformedSequencesAreRefused(bytes: [UInt8]) {
        let verdict = UTF8Validation.isValid(bytes.span)
        #expect(!verdict)
    }
}

@Suite struct MonotonicTimeTests {
    @Test func arithmeticSaturatesInsteadOfTrapping() {
        #expect(MonotonicTime.distantFuture + .seconds(1) == .distantFuture)
        #expect(MonotonicTime(nanoseconds: 5) + .seconds(Int64.max) == .distantFuture)
        #expect(MonotonicTime(nanoseconds: .min) + .seconds(-1) == MonotonicTime(nanoseconds: .min))
        #expect(MonotonicTime(nanoseconds: 7_000_000_000) - MonotonicTime(nanoseconds: 2_000_000_000) == .seconds(5))
        #expect(UnixTime(seconds: .max).adding(seconds: 60) == UnixTime(seconds: .max))
        #expect(UnixTime(seconds: .min).adding(seconds: -60) == UnixTime(seconds: .min))
    }
}
