import Bytes
import CLinux
import TLS
import Testing

/// The moment the tests run, for certificates.
func unixNow() -> UnixTime { UnixTime(seconds: clinux_unix_nanoseconds() / 1_000_000_000) }

/// Certificates that many tests share; making keys takes time.
enum Identities {
    static let authority = orFail { try CertificateAuthority(commonName: "Test authority", now: unixNow()) }
    static let otherAuthority = orFail { try CertificateAuthority(commonName: "Other authority", now: unixNow()) }
    static let server = issue(authority, "server", SubjectName.localhost)
    static let client = issue(authority, "client", [.uri("spiffe://example.org/client"), .dns("client.example.org")])
    static let strangeClient = issue(otherAuthority, "client", [.dns("client.example.org")])
    static let expiredClient = orFail {
        let past = UnixTime(seconds: unixNow().seconds - 86_400 * 10)
        let request = CertificateRequest(commonName: "late", names: [.dns("late.example.org")], now: past, days: 1)
        return try authority.issue(request).material(label: "expired client")
    }

    static var trusted: TrustedAuthorities {
        TrustedAuthorities(pem: authority.certificate.certificatePEM, label: "test authority")
    }

    static func issue(_ authority: CertificateAuthority, _ name: String, _ names: [SubjectName]) -> KeyMaterial {
        orFail {
            let request = CertificateRequest(commonName: name, names: names, now: unixNow())
            return try authority.issue(request).material(label: name)
        }
    }
}

/// For what cannot fail unless the machine is broken.
func orFail<Value>(_ make: () throws -> Value) -> Value {
    do { return try make() } catch { fatalError("a test cannot be set up: \(error)") }
}

/// Two connected sockets, closed at the end.
final class SocketPair {
    let first: Int32
    let second: Int32

    init() {
        var descriptors: [Int32] = [-1, -1]
        guard unsafe clinux_socket_pair(&descriptors) == 0 else { fatalError("no socket pair") }
        first = descriptors[0]
        second = descriptors[1]
    }

    deinit {
        _ = clinux_close(first)
        _ = clinux_close(second)
    }
}

/// A server and a client that talk over a socket pair, driven by turns in one thread.
final class Link {
    let sockets = SocketPair()
    let server: TLSConnection
    let client: TLSConnection

    /// - Parameter engines: shared by both ends unless two are given.
    init(
        server serverContext: TLSContext, client clientContext: TLSContext, serverName: String = "localhost",
        engines: (TLSEngine, TLSEngine)? = nil, resuming: TLSSession? = nil
    ) throws {
        let shared = try TLSEngine()
        server = try TLSConnection(
            serverContext, engine: engines?.0 ?? shared, descriptor: sockets.first)
        client = try TLSConnection(
            clientContext, engine: engines?.1 ?? shared, descriptor: sockets.second, serverName: serverName,
            resuming: resuming)
    }

    /// Drives both ends until each is complete or has failed.
    func handshake() -> (server: HandshakeProgress, client: HandshakeProgress) {
        var results: (HandshakeProgress, HandshakeProgress) = (.wantRead, .wantRead)
        for _ in 0..<20 {
            if results.1.isUnderWay { results.1 = client.handshake() }
            if !results.1.isUnderWay { _ = client.flush() }
            if results.0.isUnderWay { results.0 = server.handshake() }
            if !results.0.isUnderWay { _ = server.flush() }
            if !results.0.isUnderWay && !results.1.isUnderWay { break }
        }
        return results
    }

    /// Completes the handshake on both ends.
    func connect() throws {
        let result = handshake()
        try #require(result.server.isComplete, "server: \(result.server)")
        try #require(result.client.isComplete, "client: \(result.client)")
        // The server's tickets.
        #expect(client.readOnce() == .wouldBlock)
    }
}

extension HandshakeProgress {
    var isUnderWay: Bool {
        switch self {
        case .wantRead, .wantWrite: true
        default: false
        }
    }
    var isComplete: Bool { if case .complete = self { true } else { false } }
    var failure: TLSFailure? { if case .failed(let failure) = self { failure } else { nil } }
}

/// What a read brought, with the bytes themselves.
enum Received: Equatable {
    case bytes([UInt8])
    case wouldBlock, closed, endOfStream
    case failed(TLSFailure.Kind)
}

extension TLSConnection {
    /// One read of at most `limit` bytes.
    func readOnce(limit: Int = 64 * 1024) -> Received {
        var buffer = [UInt8](repeating: 0, count: limit)
        let result = unsafe buffer.withUnsafeMutableBytes { unsafe read(into: $0) }
        switch result {
        case .bytes(let count): return .bytes(Array(buffer[..<count]))
        case .wouldBlock: return .wouldBlock
        case .closed: return .closed
        case .endOfStream: return .endOfStream
        case .failed(let failure): return .failed(failure.kind)
        }
    }

    /// Reads until nothing more comes.
    func readAll() -> (bytes: [UInt8], end: Received) {
        var all: [UInt8] = []
        while true {
            let received = readOnce()
            guard case .bytes(let bytes) = received else { return (all, received) }
            all += bytes
        }
    }

    /// Encrypts bytes; true unless that failed.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        let result = unsafe bytes.withUnsafeBytes { unsafe write($0) }
        if case .done = result { return true }
        return false
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// True when everything has left.
    @discardableResult
    func flushed() -> Bool {
        if case .done = flush() { return true }
        return false
    }
}

func serverContext(_ change: (inout TLSContext.ServerOptions) -> Void = { _ in }) throws -> TLSContext {
    var options = TLSContext.ServerOptions(certificates: [Identities.server])
    change(&options)
    return try TLSContext.server(options)
}

func clientContext(_ change: (inout TLSContext.ClientOptions) -> Void = { _ in }) throws -> TLSContext {
    var options = TLSContext.ClientOptions(trust: .authorities(Identities.trusted))
    change(&options)
    return try TLSContext.client(options)
}

/// Repeatable noise.
struct Noise: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }
}
