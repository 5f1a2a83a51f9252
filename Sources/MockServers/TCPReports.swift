/// What a ``TCPApplication`` has seen so far, over all connections.
public struct TCPStatistics: Sendable, Equatable {
    /// Connections accepted.
    public var accepted = 0
    /// Connections that are open now.
    public var open = 0
    /// Connections whose peer has finished its side (FIN).
    public var peersFinished = 0
    /// Bytes read.
    public var bytesReceived: UInt64 = 0
    /// Bytes handed to the kernel.
    public var bytesSent: UInt64 = 0
}

/// What one connection came to.
public struct ConnectionReport: Sendable, Equatable {
    /// How a connection ended.
    public enum Ending: Sendable, Equatable {
        /// Both sides finished in order.
        case finished
        /// The application closed it, or aborted it.
        case closedHere
        /// It broke; the errno, such as ECONNRESET (104).
        case failed(Int32)
    }

    /// Its place in the order of acceptance, from 0.
    public let number: Int
    /// Bytes read.
    public let bytesReceived: UInt64
    /// Bytes handed to the kernel.
    public let bytesSent: UInt64
    /// SHA-256 of what was read, where the behaviour asks for it.
    public let sha256: [UInt8]?
    /// The first bytes read, as many as the behaviour keeps.
    public let received: [UInt8]
    /// Whether the peer had finished its side.
    public let peerFinished: Bool
    /// How it ended.
    public let ending: Ending
}

/// Both, behind the application's lock.
struct TCPRecord: Sendable {
    var statistics = TCPStatistics()
    var reports: [ConnectionReport] = []

    /// Reports kept at most; the oldest go first, so that an echo application can run for years.
    static let maxReports = 10_000

    mutating func add(_ report: ConnectionReport) {
        statistics.open -= 1
        if reports.count >= Self.maxReports { reports.removeFirst(Self.maxReports / 10) }
        reports.append(report)
    }
}
