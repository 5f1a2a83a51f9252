/// One port or several in a row.
public struct PortRange: Equatable, Hashable, Sendable, CustomStringConvertible {
    /// The first port, 1 or more.
    public let first: UInt16
    /// The last port, not less than the first.
    public let last: UInt16

    /// The longest range a listener may have. Each port is a socket in the master and in every worker's epoll set.
    public static let longest = 1000

    /// A single port.
    public init(_ port: UInt16) { (first, last) = (port, port) }

    /// The ports that `text` names: `10000`, or `10000-10009` from first to last.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = Self.port(parts[0]), let last = Self.port(parts[parts.count - 1]), first <= last else {
            return nil
        }
        (self.first, self.last) = (first, last)
    }

    private static func port(_ text: Substring) -> UInt16? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(text), port > 0 else {
            return nil
        }
        return port
    }

    /// The number of ports.
    public var count: Int { Int(last) - Int(first) + 1 }

    /// The ports, first to last.
    public var ports: ClosedRange<UInt16> { first...last }

    /// Whether both have a port in common.
    public func overlaps(_ other: PortRange) -> Bool { ports.overlaps(other.ports) }

    /// As it is written in the file.
    public var description: String { first == last ? "\(first)" : "\(first)-\(last)" }
}
