#if canImport(TLS)
    @testable import TLS
#endif

/// A TLS 1.3 client's side of the records of one connection, and the server's ``RecordLayer`` that it talks to. It can
/// send what no client would.
final class RecordPeer {
    /// OpenSSL lacks the cipher.
    struct NoCipher: Error {}

    let layer: RecordLayer
    private var sealing: RecordProtection
    private var opening: RecordProtection

    /// - Parameter recordsSealed: how many records the server is said to have sent before.
    init(suite: RecordSuite = RecordSuite.all[0], recordsSealed: UInt64 = 0) throws {
        let crypto = RecordCrypto()
        // Any bytes make a secret.
        let secrets = [3, 5].map { [UInt8](repeating: $0, count: suite.hashLength) }
        guard
            let layer = RecordLayer(
                suite: suite, client: TrafficSecret(secrets[0]), server: TrafficSecret(secrets[1]),
                recordsSealed: recordsSealed, crypto),
            let sealing = RecordProtection(suite: suite, secret: TrafficSecret(secrets[0]), seals: true, crypto),
            let opening = RecordProtection(
                suite: suite, secret: TrafficSecret(secrets[1]), seals: false, sequence: recordsSealed, crypto)
        else { throw NoCipher() }
        self.layer = layer
        self.sealing = sealing
        self.opening = opening
    }

    // MARK: The client sends

    /// The next record of the client, with this TLSInnerPlaintext.
    func record(inner: [UInt8]) -> [UInt8] {
        var record = [UInt8](repeating: 0, count: inner.count + RecordProtection.overhead - 1)
        let length = unsafe record.withUnsafeMutableBytes { room in
            unsafe inner.dropLast().withUnsafeBytes { content in
                unsafe room.baseAddress.flatMap { unsafe sealing.seal(content, type: inner.last ?? 0, to: $0) }
            }
        }
        return length == record.count ? record : []
    }

    /// The next record of the client.
    func record(_ type: UInt8, _ content: [UInt8], padding: Int = 0) -> [UInt8] {
        record(inner: content + [type] + [UInt8](repeating: 0, count: padding))
    }

    func data(_ content: [UInt8], padding: Int = 0) -> [UInt8] {
        record(ContentType.applicationData, content, padding: padding)
    }

    func alert(_ description: UInt8) -> [UInt8] { record(ContentType.alert, [2, description]) }

    /// A KeyUpdate, after which the client has new keys.
    func keyUpdate(asking: Bool) -> [UInt8] {
        let record = record(ContentType.handshake, [24, 0, 0, 1, asking ? 1 : 0])
        return useNextKeys() ? record : []
    }

    func useNextKeys() -> Bool { sealing.update() }

    // MARK: The server reads

    /// One call of `open`; takes from `wire` what was used of it.
    func open(_ wire: inout [UInt8], room: Int) -> (opened: RecordLayer.Opened, data: [UInt8]) {
        var output = [UInt8](repeating: 0xA5, count: room)
        let opened = unsafe wire.withUnsafeMutableBytes { input in
            unsafe output.withUnsafeMutableBytes { unsafe layer.open(input, into: $0) }
        }
        wire.removeFirst(opened.consumed)
        return (opened, Array(output[..<opened.produced]))
    }

    /// What a server gets to see of a stream of records.
    struct Outcome: Equatable {
        var data: [UInt8] = []
        var end: RecordLayer.End?
        /// Bytes that were left over: the beginning of a record, or all behind the end.
        var left = 0
    }

    /// Has all of `wire` read, of which `piece` bytes come at a time, into a buffer of `room` bytes.
    func read(_ wire: [UInt8], piece: Int = .max, room: Int = 1 << 16) -> Outcome {
        var outcome = Outcome()
        var waiting: [UInt8] = []
        var rest = wire[...]
        repeat {
            waiting += rest.prefix(piece)
            rest = rest.dropFirst(piece)
            var isProgressing = true
            while isProgressing, outcome.end == nil {
                let (opened, data) = open(&waiting, room: room)
                outcome.data += data
                outcome.end = opened.end
                isProgressing = !data.isEmpty || opened.isPaused
            }
        } while !rest.isEmpty && outcome.end == nil
        outcome.left = waiting.count + rest.count
        return outcome
    }

    // MARK: The server sends

    /// One record sealed by the server.
    func sealed(_ content: [UInt8], type: UInt8 = ContentType.applicationData) -> [UInt8] {
        var record = [UInt8](repeating: 0, count: content.count + RecordProtection.overhead)
        let length = unsafe record.withUnsafeMutableBytes { room in
            unsafe content.withUnsafeBytes { bytes in
                unsafe room.baseAddress.flatMap { unsafe layer.seal(bytes, type: type, to: $0) }
            }
        }
        return length == record.count ? record : []
    }

    /// The server's KeyUpdate.
    func sealedKeyUpdate() -> [UInt8] {
        var record = [UInt8](repeating: 0, count: 5 + RecordProtection.overhead)
        let length = unsafe record.withUnsafeMutableBytes { room in
            unsafe room.baseAddress.flatMap { unsafe layer.sealKeyUpdate(to: $0) }
        }
        return length == record.count ? record : []
    }

    /// TLSInnerPlaintext of a record of the server; nil for one that the client's keys don't open.
    func opened(_ record: [UInt8]) -> [UInt8]? {
        var record = record
        return unsafe record.withUnsafeMutableBytes { bytes in
            let body = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[RecordProtection.headerLength...])
            guard let base = body.baseAddress, let count = unsafe opening.open(bytes, into: base) else { return nil }
            return unsafe Array(body[..<count])
        }
    }

    /// Has the client go over to the server's next keys.
    func readWithNextKeys() -> Bool { opening.update() }
}
