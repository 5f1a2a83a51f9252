// What a worker and the key holder say to each other: one datagram asks, one answers, over a SOCK_SEQPACKET pair.
//
// Rules:
//  1. A datagram is whole or it is not there, so its own length is the length of what it carries.
//  2. An answer bears the request's identifier. A worker that replaced a dead one inherits its channel, and with it,
//     perhaps, an answer that nobody waits for any more.
//  3. Numbers are big-endian. Both ends are the same program, so there is one version; another one is refused.
//  4. Nothing a worker sends is believed: see `KeyRequest.init(decoding:)`, the only way in.

/// A worker's request to sign.
struct KeyRequest: Equatable {
    /// Bytes before the message: version 1, operation 1, scheme 2, identifier 8, key 4.
    static let headerCount = 16
    /// The longest datagram. The longest message is a TLS 1.2 client's whole handshake, which holds both certificate
    /// chains and the server's list of authorities.
    static let maxCount = 64 * 1024
    fileprivate static let version: UInt8 = 1
    /// The only operation there is. Decrypting is none: TLS with forward secrecy never needs it.
    private static let sign: UInt8 = 1

    /// Told again in the answer.
    var identifier: UInt64
    /// Which key, counted from 0.
    var key: UInt32
    /// How to sign.
    var scheme: SignatureScheme

    init(identifier: UInt64, key: UInt32, scheme: SignatureScheme) {
        self.identifier = identifier
        self.key = key
        self.scheme = scheme
    }

    /// The datagram that asks to sign `message`; nil when that is empty or too long.
    func encoded(message: [UInt8]) -> [UInt8]? {
        guard !message.isEmpty, message.count <= Self.maxCount - Self.headerCount else { return nil }
        var bytes: [UInt8] = [Self.version, Self.sign]
        bytes.reserveCapacity(Self.headerCount + message.count)
        bytes.append(scheme.rawValue)
        bytes.append(identifier)
        bytes.append(key)
        bytes.append(contentsOf: message)
        return bytes
    }

    /// Why a datagram is no request, with the identifier to answer to.
    struct Refused: Error, Equatable {
        var identifier: UInt64
        var outcome: KeyAnswer.Outcome
    }

    /// The header of a datagram that has a message, too: the bytes from `headerCount` on.
    init(decoding bytes: Span<UInt8>) throws(Refused) {
        guard bytes.count >= Self.headerCount else { throw Refused(identifier: 0, outcome: .malformed) }
        let identifier: UInt64 = bytes.number(at: 4)
        guard bytes[0] == Self.version, bytes[1] == Self.sign, bytes.count > Self.headerCount,
            bytes.count <= Self.maxCount
        else { throw Refused(identifier: identifier, outcome: .malformed) }
        guard let scheme = SignatureScheme(rawValue: bytes.number(at: 2)) else {
            throw Refused(identifier: identifier, outcome: .wrongScheme)
        }
        self.init(identifier: identifier, key: bytes.number(at: 12), scheme: scheme)
    }
}

/// The key holder's answer.
struct KeyAnswer: Equatable {
    /// How a request went.
    enum Outcome: UInt8, CaseIterable {
        case signed = 0
        /// The request is none.
        case malformed = 1
        /// There is no key with that number.
        case unknownKey = 2
        /// That key doesn't sign so, or nothing does.
        case wrongScheme = 3
        /// What is to be signed is no message of a TLS handshake, or isn't signed so in TLS.
        case notTLS = 4
        /// The key could not sign: a token that was pulled out, for example.
        case failed = 5
    }

    /// Bytes before the signature: version 1, outcome 1, zero 2, identifier 8.
    static let headerCount = 12
    /// The longest signature: RSA with 16,384 bits, the most that OpenSSL uses.
    static let maxSignatureCount = 2048
    /// The longest datagram.
    static let maxCount = headerCount + maxSignatureCount

    /// The request's.
    var identifier: UInt64
    /// How it went.
    var outcome: Outcome
    /// The signature; empty unless `outcome` is `signed`.
    var signature: [UInt8] = []

    /// To what is so malformed that it has no identifier.
    static let malformed = KeyAnswer(identifier: 0, outcome: .malformed)

    /// The datagram.
    var encoded: [UInt8] {
        var bytes: [UInt8] = [KeyRequest.version, outcome.rawValue, 0, 0]
        bytes.append(identifier)
        bytes.append(contentsOf: signature)
        return bytes
    }

    init(identifier: UInt64, outcome: Outcome, signature: [UInt8] = []) {
        self.identifier = identifier
        self.outcome = outcome
        self.signature = signature
    }

    /// Nil when `bytes` is no answer.
    init?(decoding bytes: Span<UInt8>) {
        guard (Self.headerCount...Self.maxCount).contains(bytes.count), bytes[0] == KeyRequest.version,
            bytes[2] == 0, bytes[3] == 0, let outcome = Outcome(rawValue: bytes[1]),
            (outcome == .signed) == (bytes.count > Self.headerCount)
        else { return nil }
        identifier = bytes.number(at: 4)
        self.outcome = outcome
        signature.reserveCapacity(bytes.count - Self.headerCount)
        for index in Self.headerCount..<bytes.count { signature.append(bytes[index]) }
    }
}

extension Array where Element == UInt8 {
    /// Adds a number, most significant byte first.
    fileprivate mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        for shift in stride(from: Number.bitWidth - 8, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: number >> Number(shift)))
        }
    }
}

extension Span<UInt8> {
    /// The number that begins at `offset`, most significant byte first; all of it must be there.
    fileprivate func number<Number: FixedWidthInteger>(at offset: Int) -> Number {
        var number: Number = 0
        for index in 0..<Number.bitWidth / 8 { number = number << 8 | Number(self[offset + index]) }
        return number
    }
}
