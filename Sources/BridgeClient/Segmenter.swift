// Cuts what is sent into TCP segments of random sizes.
//
// TLS writes to one end of a socket pair; this object carries the bytes between the pair's other end and the real
// socket, and gives the socket a random number of them at a time. With TCP_NODELAY each leaves as a segment of its own,
// unless the peer is so slow that the kernel joins them. Ends and failures pass through. All of it happens on the
// client's event loop, so nothing moves unless that is turned.
internal import Bytes
internal import Reactor
internal import System

/// A relay on the client's own event loop.
final class Segmenter: EventSource, TimerTarget {
    /// Bytes taken from either side before they have to be through on the other.
    private static let capacity = 16 * 1024

    /// The end that stands for the socket.
    let inner: Descriptor
    /// Why the socket failed, where it did: the pair cannot tell.
    private(set) var failure: SystemError?

    /// Called when nothing is on its way to the socket any more.
    var drained: () -> Void = {}

    private let loop: EventLoop
    private let near: Descriptor
    private let socket: Descriptor
    private var sizes: Segmentation
    private var registrations: [Registration] = []
    private var outgoing = ByteQueue()
    private var incoming = ByteQueue()
    private var nearEnded = false
    private var expectsEnd = false
    private var hasPassedEnd = false
    private var isPausing = false
    private var socketEnded = false
    private var scratch = [UInt8](repeating: 0, count: Segmenter.capacity)

    init(_ socket: Descriptor, sizes: Segmentation, loop: EventLoop) throws(SystemError) {
        self.socket = socket
        self.sizes = sizes
        self.loop = loop
        (near, inner) = try Socket.pair()
        registrations.append(try loop.register(near.number, source: self, role: 0))
        registrations.append(try loop.register(socket.number, source: self, role: 1))
    }

    /// Ends the relay; both descriptors of this side are closed with it.
    func close() {
        for registration in registrations { loop.deregister(registration) }
        registrations = []
        near.close()
    }

    /// Bytes on their way to the socket, and one more while the client's end is.
    var pending: Int {
        outgoing.count + Socket.unacknowledgedBytes(inner.number) + (expectsEnd && !hasPassedEnd ? 1 : 0)
    }

    /// The client has finished: ``pending`` isn't 0 before the socket knows.
    func expectEnd() { expectsEnd = true }

    func ready(_ readiness: Readiness, role: UInt8) {
        guard !near.isClosed, !socket.isClosed else { return }
        let sent = isPausing ? false : carryOut()
        let received = carryIn()
        // One piece for each turn, so that the peer may read it before the next one joins it.
        if sent, sizes.pause > .zero {
            isPausing = true
            _ = loop.schedule(at: Clock.monotonic + sizes.pause, self, purpose: 0)
        }
        if sent || received, let first = registrations.first { loop.continueLater(first, .readable) }
        if sent, pending == 0 { drained() }
    }

    func timerFired(purpose: UInt8) {
        isPausing = false
        ready([], role: 0)
    }

    /// From the client to the socket; answers whether anything moved.
    private func carryOut() -> Bool {
        var moved = false
        if outgoing.isEmpty, !nearEnded {
            switch receive(near) {
            case .bytes(0), .failed:
                nearEnded = true
                moved = true
            case .bytes(let count):
                outgoing.append(Array(scratch[..<count]))
                moved = true
            case .wouldBlock: break
            }
        }
        if !outgoing.isEmpty {
            let size = sizes.next()
            let result = unsafe outgoing.withUnsafeBytes { bytes in
                unsafe Socket.send(
                    socket.number, UnsafeRawBufferPointer(rebasing: bytes[..<min(bytes.count, size)]))
            }
            switch result {
            case .bytes(let count):
                outgoing.removeFirst(count)
                moved = true
            case .wouldBlock: break
            case .failed(let code): fail(SystemError("send", code: code))
            }
        }
        if nearEnded, outgoing.isEmpty, !hasPassedEnd {
            hasPassedEnd = true
            Socket.shutdownWrite(socket.number)
        }
        return moved
    }

    /// From the socket to the client; answers whether anything moved.
    private func carryIn() -> Bool {
        var moved = false
        if incoming.isEmpty, !socketEnded {
            switch receive(socket) {
            case .bytes(0):
                socketEnded = true
                moved = true
            case .bytes(let count):
                incoming.append(Array(scratch[..<count]))
                moved = true
            case .wouldBlock: break
            case .failed(let code): fail(SystemError("recv", code: code))
            }
        }
        if !incoming.isEmpty {
            switch unsafe incoming.withUnsafeBytes({ unsafe Socket.send(near.number, $0) }) {
            case .bytes(let count):
                incoming.removeFirst(count)
                moved = true
            case .wouldBlock: break
            // The client is gone; whoever closed it closes this, too.
            case .failed: incoming.removeAll()
            }
        }
        if socketEnded, incoming.isEmpty, moved { Socket.shutdownWrite(near.number) }
        return moved
    }

    private func receive(_ source: Descriptor) -> Socket.Transfer {
        unsafe scratch.withUnsafeMutableBytes { unsafe Socket.receive(source.number, into: $0) }
    }

    private func fail(_ error: SystemError) {
        if failure == nil { failure = error }
        socketEnded = true
        nearEnded = true
        outgoing.removeAll()
        Socket.shutdownWrite(near.number)
    }
}
