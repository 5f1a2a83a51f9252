/// Where a client connects to, and how.
public struct ClientEndpoint: Sendable, CustomStringConvertible {
    /// What is spoken on the TCP connection.
    public enum Security: Sendable, Equatable {
        /// TLS.
        case tls(ServerTrust)
        /// Nothing: bytes as they are. For tests of what a TLS port says to that.
        case plain
    }

    /// A host name or an address literal, without brackets.
    public var host: String
    /// The TCP port.
    public var port: UInt16
    /// The name that the certificate must bear, also sent as SNI; nil: the same as ``host``.
    public var serverName: String?
    /// What is spoken on the TCP connection.
    public var security: Security
    /// The time for name, TCP connection and TLS handshake together.
    public var connectTimeout: Duration = .seconds(10)
    /// How the bytes travel; of interest to tests only.
    public var wire = WireShape()

    /// A TLS endpoint.
    public init(host: String, port: UInt16, serverName: String? = nil, trust: ServerTrust = .system) {
        self.host = host
        self.port = port
        self.serverName = serverName
        security = .tls(trust)
    }

    /// `host:port`, an IPv6 address in brackets: for messages and for Host (RFC 9110 section 7.2).
    public var description: String { "\(bracketedHost):\(port)" }

    /// The host as it stands in a URL.
    var bracketedHost: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host }
}

/// How a connection's bytes travel: to see what a server makes of unusual clients.
public struct WireShape: Sendable {
    /// The kernel's receive buffer in bytes, small for a slow reader; 0 leaves it to the kernel.
    ///
    /// On loopback, whose segments have up to 64 KiB, less than about that much makes the sender wait for its persist
    /// timer (200 ms and more) at each window: good for a peer that stalls, bad for moving much data.
    public var receiveBufferBytes: Int32 = 0
    /// The kernel's send buffer in bytes; 0 leaves it to the kernel.
    public var sendBufferBytes: Int32 = 0
    /// Where given, what is sent leaves in TCP segments of random sizes.
    public var segmentation: Segmentation?

    /// Bytes travel as usual.
    public init() {}
}

/// Random sizes of TCP segments, the same for the same seed.
public struct Segmentation: Sendable {
    /// The sizes to choose from, in bytes.
    public var sizes: ClosedRange<Int>
    /// The time between two segments, in whole milliseconds; without it, a busy peer finds several joined.
    public var pause: Duration = .zero
    private var state: UInt64

    /// Sizes from `sizes`, at least one byte each.
    public init(sizes: ClosedRange<Int> = 1...1400, seed: UInt64 = 1) {
        let smallest = max(1, sizes.lowerBound)
        self.sizes = smallest...max(smallest, sizes.upperBound)
        state = seed
    }

    /// The next size.
    public mutating func next() -> Int {
        // SplitMix64 (Steele, Lea, Flood 2014): a counter, well mixed.
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        let span = UInt64(sizes.upperBound - sizes.lowerBound) &+ 1
        return sizes.lowerBound + (span == 0 ? 0 : Int(truncatingIfNeeded: mixed % span))
    }
}
