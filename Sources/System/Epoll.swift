internal import CLinux

/// What a descriptor is ready for, in epoll's bits.
public struct Readiness: OptionSet, Sendable {
    /// epoll's event mask.
    public let rawValue: UInt32
    /// The set with these bits of epoll's event mask.
    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Bytes (or a connection, or the end of the stream) can be read.
    public static let readable = Readiness(rawValue: 0x001)
    /// There is room to write.
    public static let writable = Readiness(rawValue: 0x004)
    /// The socket failed.
    public static let failed = Readiness(rawValue: 0x008)
    /// Both directions are shut.
    public static let hungUp = Readiness(rawValue: 0x010)
    /// The peer has finished its side.
    public static let peerFinished = Readiness(rawValue: 0x2000)

    /// Reported once for each change instead of as long as it holds.
    static let edgeTriggered = Readiness(rawValue: 1 << 31)
}

/// One epoll instance.
@safe public final class Epoll {
    private let descriptor: Descriptor
    private let events: UnsafeMutablePointer<epoll_event>
    private let capacity: Int

    /// An instance that reports at most `capacity` events at a time.
    public init(capacity: Int = 512) throws(SystemError) {
        descriptor = Descriptor(owning: try SystemError.check("epoll_create1", clinux_epoll_create()))
        self.capacity = capacity
        unsafe events = .allocate(capacity: capacity)
    }

    deinit { unsafe events.deallocate() }

    /// Watches `number`; each event carries `tag`.
    ///
    /// - Parameter edgeTriggered: report changes only; the owner then reads until the socket is drained.
    public func add(_ number: Int32, _ interest: Readiness, edgeTriggered: Bool, tag: UInt64) throws(SystemError) {
        let mask = edgeTriggered ? interest.union(.edgeTriggered) : interest
        _ = try SystemError.check(
            "epoll_ctl ADD", clinux_epoll_control(descriptor.number, 1, number, mask.rawValue, tag))
    }

    /// Changes what `number` is watched for (level-triggered).
    public func modify(_ number: Int32, _ interest: Readiness, tag: UInt64) throws(SystemError) {
        _ = try SystemError.check(
            "epoll_ctl MOD", clinux_epoll_control(descriptor.number, 3, number, interest.rawValue, tag))
    }

    /// Stops watching `number`; harmless when it is not watched.
    public func remove(_ number: Int32) {
        _ = clinux_epoll_control(descriptor.number, 2, number, 0, 0)
    }

    /// Waits for events, at most `timeoutMilliseconds` (−1: for ever), and answers how many there are.
    public func wait(timeoutMilliseconds: Int32) throws(SystemError) -> Int {
        let count = unsafe clinux_epoll_wait(descriptor.number, events, Int32(capacity), timeoutMilliseconds)
        return Int(try SystemError.check("epoll_wait", count))
    }

    /// The event at `index` of the last ``wait(timeoutMilliseconds:)``.
    @inline(__always)
    public func event(at index: Int) -> (tag: UInt64, readiness: Readiness) {
        precondition(index < capacity)
        return unsafe (clinux_event_tag(events + index), Readiness(rawValue: clinux_event_mask(events + index)))
    }
}
