internal import Bytes
internal import JSON

/// What a worker tells the master.
///
/// A worker may have been taken over, and the master is root. So a message is one byte that says which it is, and words
/// for people that the master passes on to its log and looks at no further.
enum WorkerMessage: Equatable {
    /// The most bytes of words that the master takes.
    static let maxWordsBytes = 4096

    /// It is confined and could serve; the words say what holds.
    case ready(words: String)
    /// It could serve, but the provider's keys, which it needs, aren't there; the words say why.
    case readyWithoutKeys(words: String)
    /// It can't serve; the words say why.
    case failed(words: String)

    /// As a datagram.
    var bytes: [UInt8] {
        switch self {
        case .ready(let words): Self.datagram("R", words)
        case .readyWithoutKeys(let words): Self.datagram("K", words)
        case .failed(let words): Self.datagram("F", words)
        }
    }

    private static func datagram(_ kind: Unicode.Scalar, _ words: String) -> [UInt8] {
        [UInt8(ascii: kind)] + words.utf8.prefix(maxWordsBytes)
    }

    /// The message in a datagram; nil for one that is none.
    init?(_ bytes: [UInt8]) {
        guard let kind = bytes.first, bytes.count <= Self.maxWordsBytes + 1 else { return nil }
        let words = String(decoding: bytes.dropFirst(), as: UTF8.self)
        switch kind {
        case UInt8(ascii: "R"): self = .ready(words: words)
        case UInt8(ascii: "K"): self = .readyWithoutKeys(words: words)
        case UInt8(ascii: "F"): self = .failed(words: words)
        default: return nil
        }
    }
}

/// What the master tells a worker.
enum MasterMessage: Equatable {
    /// Begin to accept.
    case serve
    /// Accept nothing more; tunnels may end by themselves until `shutdownTimeout`. `isShutdown`: nobody takes over, so
    /// requests under way are answered 503; otherwise they are served.
    case drain(isShutdown: Bool)
    /// Close everything with 1001 and end.
    case stop
    /// Write to the three log targets that come with this message.
    case reopenLogs
    /// Show, and ask for, the certificates in the document that comes with this message; tunnels go on.
    case certificates
    /// Seal session tickets with the first key, open with all.
    case ticketKeys([[UInt8]])

    /// As a datagram.
    var bytes: [UInt8] {
        switch self {
        case .serve: JSON.serialize(["type": "serve"])
        case .drain(let isShutdown): JSON.serialize(["type": "drain", "shutdown": .bool(isShutdown)])
        case .stop: JSON.serialize(["type": "stop"])
        case .reopenLogs: JSON.serialize(["type": "reopen"])
        case .certificates: JSON.serialize(["type": "certificates"])
        case .ticketKeys(let keys):
            JSON.serialize(["type": "tickets", "keys": .array(keys.map { .string(Base64URL.encode($0)) })])
        }
    }

    /// The message in a datagram; nil for one that is none.
    init?(_ bytes: [UInt8]) {
        guard let value = try? JSON.parse(bytes, limit: 64 * 1024) else { return nil }
        switch value["type"]?.string {
        case "serve": self = .serve
        case "drain": self = .drain(isShutdown: value["shutdown"] == .bool(true))
        case "stop": self = .stop
        case "reopen": self = .reopenLogs
        case "certificates": self = .certificates
        case "tickets":
            guard let keys = value["keys"]?.array else { return nil }
            let decoded = keys.compactMap { $0.string.flatMap { Base64URL.decode($0) } }
            guard decoded.count == keys.count, !decoded.isEmpty else { return nil }
            self = .ticketKeys(decoded)
        default: return nil
        }
    }
}
