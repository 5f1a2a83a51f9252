internal import Bytes
public import System

/// Accepts connections of one listening socket and hands them on.
///
/// When descriptors run out it rests for a moment instead of spinning: the waiting connections stay in the kernel's
/// queue.
public final class Listener: EventSource, TimerTarget {
    /// Connections accepted in one turn, so that a flood doesn't starve the tunnels.
    public static let acceptBudget = 64
    /// How long to rest when no descriptor is left.
    public static let restAfterExhaustion: Duration = .milliseconds(100)

    private let loop: EventLoop
    private let socket: Descriptor
    private var registration: Registration?
    private let accepted: (Descriptor, SocketAddress) -> Void
    private let failed: (SystemError) -> Void

    /// The address it listens at, with the port the kernel chose where 0 was asked for.
    public let address: SocketAddress

    /// Starts accepting on `socket`.
    ///
    /// - Parameter accepted: is given each connection and its peer's address.
    /// - Parameter failed: is told of failures to accept; the listener goes on by itself.
    public init(
        _ socket: Descriptor, loop: EventLoop,
        accepted: @escaping (Descriptor, SocketAddress) -> Void,
        failed: @escaping (SystemError) -> Void
    ) throws(SystemError) {
        self.loop = loop
        self.socket = socket
        self.accepted = accepted
        self.failed = failed
        address = try Socket.localAddress(socket.number)
        registration = try loop.registerLevel(socket.number, .readable, source: self, role: 0)
    }

    /// Stops accepting and closes the socket.
    public func close() {
        if let registration { loop.deregister(registration) }
        registration = nil
        socket.close()
    }

    /// The event loop's call.
    public func ready(_ readiness: Readiness, role: UInt8) {
        for _ in 0..<Self.acceptBudget {
            do throws(SystemError) {
                guard let (descriptor, peer) = try Socket.accept(socket.number) else { return }
                accepted(descriptor, peer)
                if registration == nil { return }
            } catch {
                failed(error)
                if [Errno.tooManyFiles, Errno.fileTableOverflow, Errno.noBufferSpace, Errno.noMemory]
                    .contains(error.code)
                {
                    rest()
                }
                return
            }
        }
    }

    /// The event loop's call.
    public func timerFired(purpose: UInt8) {
        guard let registration else { return }
        do { try loop.modifyLevel(registration, .readable) } catch { failed(error) }
    }

    private func rest() {
        guard let registration else { return }
        do { try loop.modifyLevel(registration, []) } catch { failed(error) }
        _ = loop.schedule(at: loop.now + Self.restAfterExhaustion, self, purpose: 0)
    }
}
