internal import Bytes
// Names to addresses with c-ares, which never blocks: its sockets are watched by the event loop, its time-outs are a
// timer of the loop. A literal address is answered at once without it.
internal import CAres
public import System

/// Why a name has no address.
public struct ResolutionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The name that was asked for.
    public let name: String
    /// c-ares' words.
    public let reason: String
    /// The same in words.
    public var description: String { "cannot resolve \(name): \(reason)" }
}

/// The resolver of one event loop.
@safe
public final class Resolver: EventSource, TimerTarget {
    /// What a lookup came to.
    public typealias Completion = (Result<[SocketAddress], ResolutionError>) -> Void

    private let loop: EventLoop
    private var channel: ares_channel?
    private var registrations: [Int32: Registration] = [:]
    private var timer: TimerID?
    private var isShutDown = false

    /// A resolver that asks the servers of the system's resolv.conf and the hosts file.
    public init(loop: EventLoop) throws(ResolutionError) {
        self.loop = loop
        var status = ares_library_init(ARES_LIB_INIT_ALL)
        guard status == 0 else { throw Self.error("c-ares", status) }
        var options = unsafe ares_options()
        unsafe options.timeout = 2_000  // milliseconds for the first try of a server
        unsafe options.tries = 2
        unsafe options.sock_state_cb = { data, socket, readable, writable in
            guard let data = unsafe data else { return }
            let resolver = unsafe Unmanaged<Resolver>.fromOpaque(data).takeUnretainedValue()
            resolver.watch(socket, readable: readable != 0, writable: writable != 0)
        }
        unsafe options.sock_state_cb_data = unsafe Unmanaged.passUnretained(self).toOpaque()
        let mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB
        status = unsafe ares_init_options(&channel, &options, mask)
        guard status == 0 else { throw Self.error("c-ares", status) }
        if let channel = unsafe channel { unsafe cares_use_nonblocking_sockets(channel) }
    }

    deinit {
        isShutDown = true
        if let channel = unsafe channel { unsafe ares_destroy(channel) }
        for registration in registrations.values { loop.deregister(registration) }
    }

    /// One lookup under way; carried through c-ares as an opaque pointer and released by its callback.
    private final class Query {
        let name: String
        let port: UInt16
        let completion: Completion
        init(name: String, port: UInt16, completion: @escaping Completion) {
            self.name = name
            self.port = port
            self.completion = completion
        }
    }

    /// Looks `host` up and calls `completion` once: before returning (literals, the hosts file) or later.
    ///
    /// Both families are asked for; the answers come in RFC 6724 order.
    public func resolve(_ host: String, port: UInt16, completion: @escaping Completion) {
        if let literal = SocketAddress(literal: host, port: port) { return completion(.success([literal])) }
        guard let channel = unsafe channel else { return }
        let query = Query(name: host, port: port, completion: completion)
        var hints = ares_addrinfo_hints()
        hints.ai_socktype = 1  // SOCK_STREAM: one answer for each address
        let context = unsafe Unmanaged.passRetained(query).toOpaque()
        unsafe ares_getaddrinfo(
            channel, host, nil, &hints,
            { context, status, _, result in
                guard let context = unsafe context else { return }
                let query = unsafe Unmanaged<Query>.fromOpaque(context).takeRetainedValue()
                var addresses: [SocketAddress] = []
                if let result = unsafe result {
                    unsafe addresses = Resolver.addresses(in: result, port: query.port)
                    unsafe ares_freeaddrinfo(result)
                }
                if status == 0, !addresses.isEmpty {
                    query.completion(.success(addresses))
                } else {
                    query.completion(.failure(Resolver.error(query.name, status == 0 ? 1 : status)))
                }
            }, context)
        rearm()
    }

    // MARK: Driving c-ares

    /// The event loop's call.
    public func ready(_ readiness: Readiness, role: UInt8) {}

    private func process(_ socket: Int32, _ readiness: Readiness) {
        guard let channel = unsafe channel else { return }
        let broken = !readiness.isDisjoint(with: [.failed, .hungUp])
        let none: Int32 = -1
        unsafe ares_process_fd(
            channel, readiness.contains(.readable) || broken ? socket : none,
            readiness.contains(.writable) ? socket : none)
        rearm()
    }

    /// The event loop's call.
    public func timerFired(purpose: UInt8) {
        timer = nil
        guard let channel = unsafe channel else { return }
        unsafe ares_process_fd(channel, -1, -1)
        rearm()
    }

    /// Sets the loop's timer to the time c-ares wants to be called at, if any.
    private func rearm() {
        if let timer { loop.cancel(timer) }
        timer = nil
        guard let channel = unsafe channel else { return }
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        var next = timeval()
        guard unsafe ares_timeout(channel, &limit, &next) != nil, !registrations.isEmpty else { return }
        let delay = Duration.seconds(Int64(next.tv_sec)) + .microseconds(Int64(next.tv_usec))
        timer = loop.schedule(at: Clock.monotonic + delay, self, purpose: 0)
    }

    /// One watched socket of c-ares; the number tells the resolver which it was.
    private final class Watch: EventSource {
        unowned let resolver: Resolver
        let socket: Int32
        init(_ resolver: Resolver, _ socket: Int32) {
            self.resolver = resolver
            self.socket = socket
        }
        func ready(_ readiness: Readiness, role: UInt8) { resolver.process(socket, readiness) }
    }

    private func watch(_ socket: Int32, readable: Bool, writable: Bool) {
        if isShutDown { return }
        var interest: Readiness = []
        if readable { interest.insert(.readable) }
        if writable { interest.insert(.writable) }
        if let registration = registrations[socket] {
            if interest.isEmpty {
                loop.deregister(registration)
                registrations[socket] = nil
            } else {
                // A failure here leaves c-ares to its own time-out, which then answers the lookup.
                try? loop.modifyLevel(registration, interest)
            }
        } else if !interest.isEmpty {
            registrations[socket] = try? loop.registerLevel(
                socket, interest, source: Watch(self, socket), role: 0)
        }
    }

    // MARK: Reading c-ares' answers

    private static func error(_ name: String, _ status: Int32) -> ResolutionError {
        ResolutionError(name: name, reason: unsafe String(cString: ares_strerror(status)))
    }

    private static func addresses(in result: UnsafeMutablePointer<ares_addrinfo>, port: UInt16) -> [SocketAddress] {
        var addresses: [SocketAddress] = []
        var next = unsafe result.pointee.nodes
        while let node = unsafe next {
            if let raw = unsafe node.pointee.ai_addr {
                let bytes = unsafe UnsafeRawBufferPointer(start: raw, count: Int(node.pointee.ai_addrlen))
                // struct sockaddr_in: address at 4; struct sockaddr_in6: address at 8, scope at 24.
                if unsafe node.pointee.ai_family == 2, bytes.count >= 8 {
                    let address = unsafe SocketAddress(bytes: Array(bytes[4..<8]), port: port)
                    if let address { addresses.append(address) }
                } else if unsafe node.pointee.ai_family == 10, bytes.count >= 28 {
                    let scope = unsafe bytes.loadUnaligned(fromByteOffset: 24, as: UInt32.self)
                    let address = unsafe SocketAddress(bytes: Array(bytes[8..<24]), port: port, scope: scope)
                    if let address { addresses.append(address) }
                }
            }
            unsafe next = node.pointee.ai_next
        }
        return addresses
    }
}
