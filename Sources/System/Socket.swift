internal import CLinux

/// Stream sockets: made, bound, connected and read without blocking. Everything answers at once.
public enum Socket {
    /// What reading or writing came to.
    public enum Transfer: Equatable {
        /// So many bytes; 0 from ``receive(_:into:)`` means that the peer has finished its side.
        case bytes(Int)
        /// Nothing now; wait for the event loop.
        case wouldBlock
        /// The connection is broken; the errno.
        case failed(Int32)
    }

    /// How an attempt to connect began.
    public enum ConnectProgress: Equatable {
        /// Connected at once.
        case connected
        /// Under way: the socket becomes writable when it is decided, then ask ``pendingError(_:)``.
        case inProgress
        /// Refused at once; the errno.
        case failed(Int32)
    }

    /// A socket that listens at `address`.
    ///
    /// - Parameter backlog: connections the kernel holds until they are accepted.
    /// - Parameter reusePort: lets several sockets share the port (one for each worker).
    public static func listen(
        at address: SocketAddress, backlog: Int32 = 4096, reusePort: Bool = false
    ) throws(SystemError) -> Descriptor {
        let descriptor = try bind(to: address, reusePort: reusePort)
        try listen(descriptor, backlog: backlog)
        return descriptor
    }

    /// A socket bound to `address` that doesn't listen yet: connections are not sent its way before ``listen(_:backlog:)``.
    public static func bind(to address: SocketAddress, reusePort: Bool = false) throws(SystemError) -> Descriptor {
        let subject = address.description
        var system = address.system
        let number = try SystemError.check("socket", subject, clinux_tcp_socket(Int32(address.family.rawValue)))
        let descriptor = Descriptor(owning: number)
        _ = try SystemError.check("setsockopt SO_REUSEADDR", subject, clinux_set_reuse_address(number))
        if address.family == .ipv6 {
            // Explicit, whatever the system's default: "::" takes IPv4 too.
            _ = try SystemError.check("setsockopt IPV6_V6ONLY", subject, clinux_set_ipv6_only(number, 0))
        }
        if reusePort { _ = try SystemError.check("setsockopt SO_REUSEPORT", subject, clinux_set_reuse_port(number)) }
        _ = unsafe try SystemError.check("bind", subject, clinux_bind(number, &system))
        return descriptor
    }

    /// Listens, or changes the backlog of a socket that does.
    public static func listen(_ descriptor: Descriptor, backlog: Int32) throws(SystemError) {
        _ = try SystemError.check("listen", clinux_listen(descriptor.number, backlog))
    }

    /// The next connection that waits at `listener`, or nil when none does.
    public static func accept(_ listener: Int32) throws(SystemError) -> (Descriptor, SocketAddress)? {
        while true {
            var peer = clinux_address()
            let number = unsafe clinux_accept(listener, &peer)
            if number >= 0 {
                let descriptor = Descriptor(owning: number)
                guard let address = SocketAddress(peer) else { continue }
                return (descriptor, address.unmapped)
            }
            switch -number {
            case Errno.again: return nil
            // The peer gave up between the kernel's accept and ours: accept(2) asks to go on.
            case Errno.connectionAborted: continue
            default: throw SystemError("accept", code: number)
            }
        }
    }

    /// Begins a connection to `address`.
    public static func connect(to address: SocketAddress) throws(SystemError) -> (Descriptor, ConnectProgress) {
        var system = address.system
        let number = try SystemError.check(
            "socket", address.description, clinux_tcp_socket(Int32(address.family.rawValue)))
        let descriptor = Descriptor(owning: number)
        _ = clinux_set_no_delay(number)
        let result = unsafe clinux_connect(number, &system)
        if result >= 0 { return (descriptor, .connected) }
        return (descriptor, -result == Errno.inProgress ? .inProgress : .failed(-result))
    }

    /// Two sockets connected to each other, for tests and for wake-ups.
    public static func pair() throws(SystemError) -> (Descriptor, Descriptor) {
        var pair: (Int32, Int32) = (-1, -1)
        let result = unsafe withUnsafeMutableBytes(of: &pair) { bytes -> Int32 in
            guard let base = bytes.baseAddress else { return -Errno.noMemory }
            return unsafe clinux_socket_pair(base.assumingMemoryBound(to: Int32.self))
        }
        _ = try SystemError.check("socketpair", result)
        return (Descriptor(owning: pair.0), Descriptor(owning: pair.1))
    }

    /// A datagram socket that sends to the one at `path` (syslog, journald, a service manager); a path that begins
    /// with `@` is abstract.
    ///
    /// - Parameter blocking: whether sending waits for a receiver that is behind, a second at most.
    public static func connectUnixDatagram(_ path: String, blocking: Bool = false) throws(SystemError) -> Descriptor {
        Descriptor(owning: unsafe try SystemError.check("connect", path, clinux_connect_unix_datagram(path, blocking)))
    }

    /// A datagram socket that receives at `path`; a path that begins with `@` is abstract.
    public static func bindUnixDatagram(_ path: String) throws(SystemError) -> Descriptor {
        Descriptor(owning: unsafe try SystemError.check("bind", path, clinux_bind_unix_datagram(path)))
    }

    /// The error an attempt to connect ended with: 0 for none, otherwise the errno.
    public static func pendingError(_ descriptor: Int32) -> Int32 { clinux_pending_error(descriptor) }

    /// The address `descriptor` is bound to.
    public static func localAddress(_ descriptor: Int32) throws(SystemError) -> SocketAddress {
        var system = clinux_address()
        _ = unsafe try SystemError.check("getsockname", clinux_local_address(descriptor, &system))
        guard let address = SocketAddress(system) else { throw SystemError("getsockname", code: 97) }
        return address
    }

    /// The address `descriptor` is connected to.
    public static func peerAddress(_ descriptor: Int32) throws(SystemError) -> SocketAddress {
        var system = clinux_address()
        _ = unsafe try SystemError.check("getpeername", clinux_peer_address(descriptor, &system))
        guard let address = SocketAddress(system) else { throw SystemError("getpeername", code: 97) }
        return address
    }

    /// Sends small writes at once (no Nagle delay). A failure is of no consequence.
    public static func setNoDelay(_ descriptor: Int32) { _ = clinux_set_no_delay(descriptor) }

    /// Lets the kernel probe a silent peer after `idle`, then each `interval`, `count` times.
    public static func setKeepAlive(
        _ descriptor: Int32, idle: Duration, interval: Duration = .seconds(10), count: Int32 = 6
    ) {
        _ = clinux_set_keep_alive(
            descriptor, Int32(clamping: max(1, idle.components.seconds)),
            Int32(clamping: max(1, interval.components.seconds)), count)
    }

    /// Lets the kernel say nothing to a silent peer.
    public static func setNoKeepAlive(_ descriptor: Int32) { _ = clinux_set_no_keep_alive(descriptor) }

    /// Sets the kernel's buffers in bytes; 0 leaves one as it is.
    public static func setBuffers(_ descriptor: Int32, receive: Int32, send: Int32) {
        _ = clinux_set_buffers(descriptor, receive, send)
    }

    /// Makes the coming close an abort: the peer sees a reset instead of an end of stream.
    public static func setAbortOnClose(_ descriptor: Int32) { _ = clinux_set_linger_reset(descriptor) }

    /// Tells the peer that nothing more will come; reading goes on.
    public static func shutdownWrite(_ descriptor: Int32) { _ = clinux_shutdown_write(descriptor) }

    /// Bytes written to `descriptor` that the peer's kernel has not acknowledged yet (SIOCOUTQ).
    public static func unacknowledgedBytes(_ descriptor: Int32) -> Int {
        max(0, Int(clinux_unacknowledged_bytes(descriptor)))
    }

    /// Receives what there is, up to the size of `buffer`.
    @inline(__always)
    public static func receive(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        let result = unsafe clinux_recv(descriptor, buffer.baseAddress, buffer.count)
        if result >= 0 { return .bytes(result) }
        return -result == Int(Errno.again) ? .wouldBlock : .failed(Int32(truncatingIfNeeded: -result))
    }

    /// Sends as much of `bytes` as the kernel takes now.
    @inline(__always)
    public static func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Transfer {
        let result = unsafe clinux_send(descriptor, bytes.baseAddress, bytes.count)
        if result >= 0 { return .bytes(result) }
        return -result == Int(Errno.again) ? .wouldBlock : .failed(Int32(truncatingIfNeeded: -result))
    }
}
