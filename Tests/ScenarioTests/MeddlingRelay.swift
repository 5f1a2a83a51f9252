// Between a client and an application: passes on what both say, except for one thing that it does with it.
import Glibc
import Synchronization
import System
import TestSupport

/// Relays one connection after the other to an application at 127.0.0.1, in a thread of its own.
///
/// Nothing in it depends on time: what it does, it does at a byte.
final class MeddlingRelay {
    /// A way through it.
    enum Direction { case toApplication, toClient }

    /// The one thing that it does; positions count the bytes of a direction from 0.
    enum Misdeed {
        /// Nothing: a relay.
        case none
        /// One bit of the byte there is another.
        case flip(Direction, at: Int)
        /// The byte there is left out.
        case drop(Direction, at: Int)
        /// Before the byte there comes another one.
        case add(Direction, at: Int)
        /// Behind everything that the client gets comes another byte.
        case addAtTheEnd
        /// From the byte there on the client gets nothing until it has said so much in all.
        case holdClient(from: Int, untilSaid: Int)
    }

    /// Its port at 127.0.0.1.
    let port: UInt16
    private let stopper: Descriptor
    private let thread: RelayThread

    /// Starts to relay to `application`.
    init(to application: UInt16, _ misdeed: Misdeed = .none) throws {
        let listener = try Socket.listen(at: FreePorts.loopback(0), backlog: 16)
        port = try Socket.localAddress(listener.number).port
        let pipe = try Descriptor.pipe()
        stopper = pipe.writing
        let course = RelayCourse(
            listener: listener.release(), stop: pipe.reading.release(), application: application, misdeed: misdeed)
        thread = RelayThread { course.run() }
    }

    deinit {
        stopper.close()
        thread.join()
    }
}

/// What a relay's thread does. It waits in poll(2) only, and ends when the other end of `stop` is closed.
private struct RelayCourse: Sendable {
    let listener: Int32
    let stop: Int32
    let application: UInt16
    let misdeed: MeddlingRelay.Misdeed

    func run() {
        while wait(for: [listener]) {
            guard let (client, _) = try? Socket.accept(listener) else { continue }
            guard let (server, _) = try? Socket.connect(to: FreePorts.loopback(application)) else { continue }
            Socket.setNoDelay(client.number)
            relay(client.number, server.number)
        }
        close(listener)
        close(stop)
    }

    /// Until both have ended, or one of them is broken.
    private func relay(_ client: Int32, _ server: Int32) {
        var up = RelayStream(from: client, to: server)
        var down = RelayStream(from: server, to: client)
        while !(up.hasEnded && down.hasEnded) {
            var isHeld = false
            if case .holdClient(let from, let said) = misdeed { isHeld = down.count >= from && up.count < said }
            let open = (up.hasEnded ? [] : [client]) + (down.hasEnded || isHeld ? [] : [server])
            guard wait(for: open) else { return }
            guard up.move(with: { change(&$0, at: $1, .toApplication) }), isHeld || moveDown(&down) else { return }
        }
    }

    private func moveDown(_ down: inout RelayStream) -> Bool {
        // Held is what comes from there on, so a receive must not reach beyond it.
        if case .holdClient(let from, _) = misdeed, down.count < from { down.most = from - down.count }
        guard down.move(with: { change(&$0, at: $1, .toClient) }) else { return false }
        down.most = RelayStream.room
        return true
    }

    private func change(_ bytes: inout [UInt8], at position: Int, _ direction: MeddlingRelay.Direction) {
        func place(_ wanted: MeddlingRelay.Direction, _ at: Int) -> Int? {
            wanted == direction && bytes.indices.contains(at - position) ? at - position : nil
        }
        switch misdeed {
        case .flip(let wanted, let at): if let place = place(wanted, at) { bytes[place] ^= 0x10 }
        case .drop(let wanted, let at): if let place = place(wanted, at) { bytes.remove(at: place) }
        case .add(let wanted, let at): if let place = place(wanted, at) { bytes.insert(0xEE, at: place) }
        case .addAtTheEnd: if direction == .toClient, bytes.isEmpty { bytes = [0xEE] }
        case .none, .holdClient: break
        }
    }

    /// Waits until one of them can be read; false when the relay shall end.
    private func wait(for descriptors: [Int32]) -> Bool {
        var entries = ([stop] + descriptors).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while unsafe poll(&entries, nfds_t(entries.count), -1) < 0 {}
        return entries[0].revents == 0
    }
}

/// One direction of a connection.
private struct RelayStream {
    static let room = 64 * 1024

    let source: Int32
    let destination: Int32
    /// Bytes read so far.
    var count = 0
    /// How many are read at a time.
    var most = Self.room
    var hasEnded = false

    init(from source: Int32, to destination: Int32) { (self.source, self.destination) = (source, destination) }

    /// Passes on what is there, changed by `change`, which gets no bytes at the end; false when the connection is broken.
    mutating func move(with change: (inout [UInt8], Int) -> Void) -> Bool {
        guard !hasEnded else { return true }
        var bytes = [UInt8](repeating: 0, count: most)
        let received = unsafe recv(source, &bytes, most, Int32(MSG_DONTWAIT))
        if received < 0 { return errno == EAGAIN || errno == EINTR }
        bytes.removeLast(most - received)
        change(&bytes, count)
        count += received
        guard send(bytes) else { return false }
        if received == 0 {
            hasEnded = true
            Socket.shutdownWrite(destination)
        }
        return true
    }

    private func send(_ bytes: [UInt8]) -> Bool {
        var left = bytes[...]
        while !left.isEmpty {
            let sent = unsafe left.withUnsafeBytes { bytes in
                unsafe Glibc.send(destination, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            if sent > 0 {
                left = left.dropFirst(sent)
            } else {
                guard errno == EAGAIN || errno == EINTR || errno == ENOTCONN else { return false }
                var entry = pollfd(fd: destination, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&entry, 1, -1)
                guard entry.revents & Int16(POLLERR) == 0 else { return false }
            }
        }
        return true
    }
}

private final class RelayThread {
    private var thread = pthread_t()

    private final class Job {
        let work: @Sendable () -> Void
        init(_ work: @escaping @Sendable () -> Void) { self.work = work }
    }

    init(_ work: @escaping @Sendable () -> Void) {
        let job = unsafe Unmanaged.passRetained(Job(work)).toOpaque()
        let result = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().work()
                return nil
            }, job)
        precondition(result == 0, "no thread")
    }

    func join() { _ = pthread_join(thread, nil) }
}
