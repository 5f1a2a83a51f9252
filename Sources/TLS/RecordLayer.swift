// The records of one TLS 1.3 connection after its handshake, the server's side. No I/O: bytes in, bytes and ends out.
//
// OpenSSL does the handshake and hands over the two application traffic secrets (RFC 8446 section 7.1); from then on
// this file does what its section 5 says, with OpenSSL's ciphers. What that gains: an idle connection keeps two cipher
// contexts instead of an SSL object (docs/decisions/0016), nothing is allocated for a record, and records are sealed
// from and opened into the buffers where the bytes are anyway.
//
// Rules:
// - Nothing but application data, alerts and KeyUpdate may come (section 4.6: no client certificates after the
//   handshake are asked for, and only a server sends tickets). All else ends the connection with the alert that the
//   section names.
// - The first failure is final: the keys are not used again.
// - Several requests for a key update are answered once, so that a peer can't make us work by asking (section 4.6.3).
// - Records without data are bounded: so many at a time, and never without end.
internal import Bytes

/// Content types of records (RFC 8446 appendix B.1).
enum ContentType {
    static let alert: UInt8 = 21
    static let handshake: UInt8 = 22
    static let applicationData: UInt8 = 23
}

/// Alerts that the record layer sends or knows (RFC 8446 section 6).
enum AlertDescription {
    static let closeNotify: UInt8 = 0
    static let unexpectedMessage: UInt8 = 10
    static let badRecordMAC: UInt8 = 20
    static let recordOverflow: UInt8 = 22
    static let illegalParameter: UInt8 = 47
    static let decodeError: UInt8 = 50
    static let internalError: UInt8 = 80
    static let userCanceled: UInt8 = 90
}

/// Opens what comes and seals what goes, with keys that change as RFC 8446 section 4.6.3 lets them.
final class RecordLayer {
    /// Why nothing more can be read.
    enum End: Equatable {
        /// The peer's close_notify: a complete stream.
        case closed
        /// The peer gave up with this alert.
        case peerAlert(UInt8)
        /// The peer broke a rule, and is told by this alert.
        case violation(UInt8)
        /// The peer sends and sends, and none of it is data.
        case flood
    }

    /// What ``open(_:into:)`` did.
    struct Opened: Equatable {
        /// Bytes of input that are done with.
        var consumed = 0
        /// Bytes of plaintext in the output.
        var produced = 0
        /// Set when this was the last of it.
        var end: End?
        /// Whether it stopped before the input did, so that the others have their turn.
        var isPaused = false
    }

    /// Records after which new keys are due: AES-GCM is safe for 2^24.5 full ones (section 5.5).
    static let maximumRecordsPerKey: UInt64 = 1 << 24

    /// Records without data that may come one after the other. Some hide how much is said (section 5.1); more of them
    /// only make work.
    static let maximumEmptyRecords = 32
    /// Key updates after which the others have their turn: each costs the peer 27 bytes, and us as much as ten records.
    static let maximumKeyUpdatesAtOnce = 16

    /// HandshakeType.key_update and its body's length (section 4.6.3).
    private static let keyUpdateHeader: [UInt8] = [24, 0, 0, 1]

    private var reading: RecordProtection
    private var writing: RecordProtection
    /// Plaintext of an opened record that found no room.
    private var rest = ByteQueue()
    /// How much of a KeyUpdate has come: it may be cut into several records.
    private var keyUpdateBytes = 0
    private var isUpdateOwed = false
    /// Records without data since the last one with data.
    private var emptyRecords = 0
    /// Key updates in this call of ``open(_:into:)``.
    private var keyUpdatesAtOnce = 0

    /// - Parameter recordsSealed: how many records OpenSSL has sent with the server's secret: its tickets.
    /// - Returns: nil when OpenSSL lacks the cipher.
    init?(
        suite: RecordSuite, client: consuming TrafficSecret, server: consuming TrafficSecret, recordsSealed: UInt64,
        _ crypto: borrowing RecordCrypto
    ) {
        guard let reading = RecordProtection(suite: suite, secret: client, seals: false, crypto),
            let writing = RecordProtection(
                suite: suite, secret: server, seals: true, sequence: recordsSealed, crypto)
        else { return nil }
        self.reading = reading
        self.writing = writing
    }

    // MARK: Reading

    /// Whether plaintext waits inside for room.
    var hasRest: Bool { !rest.isEmpty }

    /// Bytes of the record that `input` begins with, header included, once its header is there.
    static func recordLength(_ input: UnsafeRawBufferPointer) -> Int? {
        guard input.count >= RecordProtection.headerLength else { return nil }
        return unsafe RecordProtection.headerLength + (Int(input[3]) << 8 | Int(input[4]))
    }

    /// How many protected records `output` is; nil when it isn't made of whole ones and nothing else.
    static func countRecords(_ output: UnsafeRawBufferPointer) -> UInt64? {
        var rest = unsafe output
        var count: UInt64 = 0
        while unsafe !rest.isEmpty {
            guard let length = unsafe recordLength(rest), length <= rest.count,
                unsafe rest[0] == RecordProtection.outerType
            else { return nil }
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[length...])
            count += 1
        }
        return count
    }

    /// Opens the whole records in `input`, in order, as far as their plaintext fits into `output`.
    ///
    /// A record for which nothing of `output` was needed before is opened in any case; what doesn't fit is kept, and
    /// comes first the next time.
    func open(
        _ input: UnsafeMutableRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> Opened {
        var opened = Opened()
        if !rest.isEmpty { return unsafe takeRest(output) }
        keyUpdatesAtOnce = 0
        while opened.end == nil {
            let available = unsafe UnsafeMutableRawBufferPointer(rebasing: input[opened.consumed...])
            guard let length = unsafe Self.recordLength(UnsafeRawBufferPointer(available)) else { break }
            if let alert = unsafe Self.alert(forHeader: available, length) {
                opened.end = .violation(alert)
                break
            }
            guard length <= available.count else { break }
            let record = unsafe UnsafeMutableRawBufferPointer(rebasing: available[..<length])
            let room = unsafe UnsafeMutableRawBufferPointer(rebasing: output[opened.produced...])
            let fits = length - RecordProtection.headerLength - RecordProtection.tagLength <= room.count
            if !fits, opened.produced > 0 { break }
            // Where there is too little room, in place.
            let body = unsafe UnsafeMutableRawBufferPointer(rebasing: record[RecordProtection.headerLength...])
            let target = unsafe fits ? room : body
            opened.consumed += length
            guard let base = target.baseAddress, let inner = unsafe reading.open(record, into: base) else {
                opened.end = .violation(AlertDescription.badRecordMAC)
                break
            }
            let content = unsafe UnsafeMutableRawBufferPointer(rebasing: target[..<inner])
            switch unsafe take(content) {
            case .data(let count) where fits:
                opened.produced += count
                countRecord(isEmpty: count == 0, &opened)
            case .data(let count):
                countRecord(isEmpty: count == 0, &opened)
                let kept = unsafe UnsafeRawBufferPointer(rebasing: content[..<count])
                unsafe room.copyMemory(from: UnsafeRawBufferPointer(rebasing: kept[..<min(room.count, count)]))
                opened.produced = min(room.count, count)
                unsafe rest.append(UnsafeRawBufferPointer(rebasing: kept[opened.produced...]))
                // Nothing but padding is no reason to stop: whole records may wait behind it.
                if count > 0 { return opened }
            case .nothing:
                countRecord(isEmpty: true, &opened)
                if keyUpdatesAtOnce >= Self.maximumKeyUpdatesAtOnce {
                    opened.isPaused = true
                    return opened
                }
            case .end(let end):
                opened.end = end
            }
        }
        return opened
    }

    /// Says that all that had come was read. Only who sends faster than we read sends without end.
    func noteCaughtUp() { emptyRecords = 0 }

    @inline(__always)
    private func countRecord(isEmpty: Bool, _ opened: inout Opened) {
        emptyRecords = isEmpty ? emptyRecords + 1 : 0
        if emptyRecords > Self.maximumEmptyRecords { opened.end = .flood }
    }

    private func takeRest(_ output: UnsafeMutableRawBufferPointer) -> Opened {
        let count = min(rest.count, output.count)
        unsafe rest.withUnsafeBytes { bytes in
            unsafe output.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        }
        rest.removeFirst(count)
        return Opened(consumed: 0, produced: count)
    }

    /// What is wrong with a record by its header alone (sections 5.1 and 5.2); nil for one that may be opened.
    private static func alert(forHeader header: UnsafeMutableRawBufferPointer, _ length: Int) -> UInt8? {
        guard unsafe header[0] == RecordProtection.outerType else { return AlertDescription.unexpectedMessage }
        let body = length - RecordProtection.headerLength
        if body > RecordProtection.maximumCiphertext { return AlertDescription.recordOverflow }
        return body > RecordProtection.tagLength ? nil : AlertDescription.badRecordMAC
    }

    /// What an authentic record holds.
    private enum Content {
        case data(Int)
        case nothing
        case end(End)
    }

    /// Takes TLSInnerPlaintext apart (section 5.2): content, its type, zeros.
    @inline(__always)
    private func take(_ inner: UnsafeMutableRawBufferPointer) -> Content {
        var count = inner.count
        // Padding doesn't make a record larger than one without it may be (section 5.4).
        guard count <= RecordProtection.maximumPlaintext + 1 else {
            return .end(.violation(AlertDescription.recordOverflow))
        }
        while unsafe count > 0 && inner[count - 1] == 0 { count -= 1 }
        guard count > 0 else { return .end(.violation(AlertDescription.unexpectedMessage)) }
        count -= 1
        if unsafe inner[count] == ContentType.applicationData && keyUpdateBytes == 0 { return .data(count) }
        return unsafe takeOther(UnsafeMutableRawBufferPointer(rebasing: inner[..<count]), type: inner[count])
    }

    @inline(never)
    private func takeOther(_ content: UnsafeMutableRawBufferPointer, type: UInt8) -> Content {
        if type == ContentType.handshake { return unsafe takeHandshake(content) }
        // A message that is cut into records may have nothing in between (section 5.1), and no alert is empty (section 5.4).
        guard unsafe type == ContentType.alert && keyUpdateBytes == 0 && !content.isEmpty else {
            return .end(.violation(AlertDescription.unexpectedMessage))
        }
        guard content.count == 2 else { return .end(.violation(AlertDescription.decodeError)) }
        switch unsafe content[1] {
        case AlertDescription.closeNotify: return .end(.closed)
        // Says that a close_notify follows (section 6.1).
        case AlertDescription.userCanceled: return .nothing
        case let description: return .end(.peerAlert(description))
        }
    }

    /// A KeyUpdate, or a part of one; no other message is due from a client (section 4.6).
    private func takeHandshake(_ content: UnsafeMutableRawBufferPointer) -> Content {
        guard unsafe !content.isEmpty else { return .end(.violation(AlertDescription.unexpectedMessage)) }
        for index in content.indices {
            let byte = unsafe content[index]
            if keyUpdateBytes < Self.keyUpdateHeader.count {
                guard byte == Self.keyUpdateHeader[keyUpdateBytes] else {
                    let alert = keyUpdateBytes == 0 ? AlertDescription.unexpectedMessage : AlertDescription.decodeError
                    return .end(.violation(alert))
                }
                keyUpdateBytes += 1
                continue
            }
            // KeyUpdateRequest: update_not_requested(0), update_requested(1).
            guard byte <= 1 else { return .end(.violation(AlertDescription.illegalParameter)) }
            // Keys change between records, so the message must be the last of its record (section 5.1).
            guard index == content.count - 1 else { return .end(.violation(AlertDescription.unexpectedMessage)) }
            keyUpdateBytes = 0
            if byte == 1 { isUpdateOwed = true }
            keyUpdatesAtOnce += 1
            guard reading.update() else { return .end(.violation(AlertDescription.internalError)) }
        }
        return .nothing
    }

    // MARK: Writing

    /// Whether new keys are due before more data is sealed: asked for by the peer, or these have served their time.
    var needsKeyUpdate: Bool { isUpdateOwed || writing.sequence >= Self.maximumRecordsPerKey }

    /// Seals one record of `content` (at most ``RecordProtection/maximumPlaintext`` bytes) into `record`, which has room
    /// for ``RecordProtection/overhead`` bytes more.
    ///
    /// - Returns: the record's length; nil when OpenSSL fails.
    func seal(_ content: UnsafeRawBufferPointer, type: UInt8, to record: UnsafeMutableRawPointer) -> Int? {
        unsafe writing.seal(content, type: type, to: record)
    }

    /// Seals a KeyUpdate that asks for none in return, and goes over to the next keys.
    ///
    /// - Returns: the record's length; nil when OpenSSL fails, and then nothing more may be sealed.
    func sealKeyUpdate(to record: UnsafeMutableRawPointer) -> Int? {
        isUpdateOwed = false
        let message = Self.keyUpdateHeader + [0]
        let length = unsafe message.withUnsafeBytes { bytes in
            unsafe writing.seal(bytes, type: ContentType.handshake, to: record)
        }
        return writing.update() ? length : nil
    }
}
