#if canImport(TLS)
    @testable import TLS
#endif

/// One fuzz input: a client's records, some of them wrong, as a server reads them whole, in pieces and into little room.
///
/// The first byte chooses the suite, the second the pieces; the rest says what is sent. All readings must agree with each
/// other, and with a model that knows what was sealed and so needs no cipher.
struct RecordFuzzCase {
    /// A disagreement, in words.
    struct Disagreement: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    private let suite: RecordSuite
    private let sizes: UInt8
    private let script: [UInt8]

    init(_ input: [UInt8]) {
        suite = RecordSuite.all[Int(input.first ?? 0) % RecordSuite.all.count]
        sizes = input.dropFirst().first ?? 0
        script = Array(input.dropFirst(2))
    }

    func check() throws {
        var writer = try RecordScript(script, RecordPeer(suite: suite))
        writer.run()
        let whole = try read(writer.wire, piece: .max, room: 1 << 16)
        let piece = Int(sizes & 0x0F) * 7 + 1
        let room = Int(sizes >> 4) * 37 + 1
        let single = try read(writer.wire, piece: writer.wire.count > 4096 ? 1000 : 1, room: 1 << 16)
        let cut = try read(writer.wire, piece: piece, room: room)
        if whole != single { throw Disagreement("whole \(whole)\nbyte by byte \(single)") }
        if whole != cut { throw Disagreement("whole \(whole)\n\(piece) at a time into \(room): \(cut)") }
        guard let model = writer.model else { return }
        guard whole.data == model.data, whole.end == model.end, whole.asksForKeys == model.asksForKeys else {
            throw Disagreement("read \(whole)\nsent \(model)")
        }
    }

    private struct Reading: Equatable, CustomStringConvertible {
        var data: [UInt8]
        var end: RecordLayer.End?
        var left: Int
        var asksForKeys: Bool
        var description: String {
            "\(data.count) bytes, end \(end.map { "\($0)" } ?? "none"), left \(left), new keys asked for \(asksForKeys)"
        }
    }

    private func read(_ wire: [UInt8], piece: Int, room: Int) throws -> Reading {
        let peer = try RecordPeer(suite: suite)
        let outcome = peer.read(wire, piece: piece, room: room)
        return Reading(
            data: outcome.data, end: outcome.end, left: outcome.left, asksForKeys: peer.layer.needsKeyUpdate)
    }
}

/// What a server has to make of the records that were sent, by their plaintext.
struct RecordModel: CustomStringConvertible {
    var data: [UInt8] = []
    var end: RecordLayer.End?
    var asksForKeys = false
    /// The part of a handshake message that has come.
    private var message: [UInt8] = []
    /// How often each side has gone over to new keys.
    private var keys = (client: 0, server: 0)

    var description: String { "\(data.count) bytes, end \(end.map { "\($0)" } ?? "none"), \(asksForKeys)" }

    mutating func useNextKeys() { keys.client += 1 }

    mutating func forged() { finish(AlertDescription.badRecordMAC) }

    private mutating func finish(_ alert: UInt8) { if end == nil { end = .violation(alert) } }

    mutating func receive(inner: [UInt8]) {
        guard end == nil else { return }
        if inner.isEmpty { return finish(AlertDescription.badRecordMAC) }
        if inner.count + 16 > 16_640 { return finish(AlertDescription.recordOverflow) }
        if keys.client != keys.server { return forged() }
        if inner.count > 16_385 { return finish(AlertDescription.recordOverflow) }
        guard let last = inner.lastIndex(where: { $0 != 0 }) else { return finish(AlertDescription.unexpectedMessage) }
        let content = Array(inner[..<last])
        switch inner[last] {
        case ContentType.applicationData where message.isEmpty: data += content
        case ContentType.alert where message.isEmpty && !content.isEmpty: receive(alert: content)
        case ContentType.handshake where !content.isEmpty: receive(handshake: content)
        default: finish(AlertDescription.unexpectedMessage)
        }
    }

    private mutating func receive(alert: [UInt8]) {
        if alert.count != 2 { return finish(AlertDescription.decodeError) }
        if alert[1] == AlertDescription.userCanceled { return }
        end = alert[1] == AlertDescription.closeNotify ? .closed : .peerAlert(alert[1])
    }

    private mutating func receive(handshake: [UInt8]) {
        message += handshake
        let header: [UInt8] = [24, 0, 0, 1]
        if message[0] != header[0] { return finish(AlertDescription.unexpectedMessage) }
        guard message.count > 4 else {
            if !header.starts(with: message) { finish(AlertDescription.decodeError) }
            return
        }
        if !message.starts(with: header) { return finish(AlertDescription.decodeError) }
        if message[4] > 1 { return finish(AlertDescription.illegalParameter) }
        if message.count > 5 { return finish(AlertDescription.unexpectedMessage) }
        if message[4] == 1 { asksForKeys = true }
        message = []
        keys.server += 1
    }
}

/// Turns a fuzz input into what the client sends, and keeps the model up to date.
struct RecordScript {
    private(set) var wire: [UInt8] = []
    /// Nil when what was sent can't be predicted: bytes that nobody sealed, or a length that was changed.
    private(set) var model: RecordModel? = RecordModel()
    private var input: [UInt8].SubSequence
    private let peer: RecordPeer

    init(_ script: [UInt8], _ peer: RecordPeer) {
        input = script[...]
        self.peer = peer
    }

    private mutating func next() -> UInt8 { input.popFirst() ?? 0 }

    private mutating func bytes(_ count: Int) -> [UInt8] {
        defer { input = input.dropFirst(count) }
        return Array(input.prefix(count))
    }

    mutating func run() {
        // An end of the stream for the model is not one for the sender.
        while !input.isEmpty, wire.count < 1 << 17 { step() }
    }

    private mutating func step() {
        switch next() % 11 {
        case 0, 1: send(inner: pattern(Int(next())) + [ContentType.applicationData] + zeros(Int(next())))
        case 2: send(inner: pattern(Int(next()) * 70) + [ContentType.applicationData] + zeros(Int(next()) * 65))
        case 3: send(inner: bytes(Int(next()) % 8) + [ContentType.handshake] + zeros(Int(next()) % 4))
        case 4: send(inner: bytes(Int(next()) % 4) + [ContentType.alert] + zeros(Int(next()) % 4))
        case 5: send(inner: bytes(Int(next()) % 4) + [next()])
        case 6:
            send(inner: [24, 0, 0, 1, next() & 1, ContentType.handshake])
            useNextKeys()
        case 7: useNextKeys()
        case 8: sendFlipped()
        case 9: send(inner: zeros(Int(next())))
        default:
            // Bytes that nobody sealed.
            wire += bytes(Int(next()) % 16)
            if model?.end == nil { model = nil }
        }
    }

    private func pattern(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ wire.count) }
    }

    private func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    private mutating func useNextKeys() {
        if peer.useNextKeys() { model?.useNextKeys() }
    }

    private mutating func send(inner: [UInt8]) {
        guard !inner.isEmpty else { return }
        wire += peer.record(inner: inner)
        model?.receive(inner: inner)
    }

    private mutating func sendFlipped() {
        var record = peer.data(pattern(Int(next()) % 40))
        let index = Int(next()) % record.count
        record[index] ^= 1 << (next() & 7)
        wire += record
        switch index {
        case 0: if model?.end == nil { model?.end = .violation(AlertDescription.unexpectedMessage) }
        case 3, 4: if model?.end == nil { model = nil }
        default: model?.forged()
        }
    }
}
