import Reactor
import System
import Testing

@Suite struct DialTests {
    private func dial(_ host: String, _ port: UInt16, timeout: Duration = .seconds(5)) throws -> Result<
        SocketAddress, DialError
    > {
        let loop = try EventLoop()
        let resolver = try Resolver(loop: loop)
        var outcome: Result<SocketAddress, DialError>?
        let dial = Dial(host, port: port, timeout: timeout, resolver: resolver, loop: loop) { result in
            switch result {
            case .success(let descriptor):
                do { outcome = .success(try Socket.peerAddress(descriptor.number)) } catch { Issue.record(error) }
            case .failure(let error): outcome = .failure(error)
            }
        }
        while outcome == nil { try loop.turn(maximumWait: .seconds(1)) }
        withExtendedLifetime(dial) {}
        #expect(loop.watched == 0)
        return try #require(outcome)
    }

    private func listener(_ host: String = "127.0.0.1") throws -> (Descriptor, SocketAddress) {
        let address = try #require(SocketAddress(literal: host, port: 0))
        let listener = try Socket.listen(at: address)
        return (listener, try Socket.localAddress(listener.number))
    }

    @Test func literalAddress() throws {
        let (listener, address) = try listener()
        #expect(try dial("127.0.0.1", address.port).get() == address)
        withExtendedLifetime(listener) {}
    }

    /// "localhost" may have ::1 first, where nothing listens: the next address is tried.
    @Test func nameFromTheHostsFile() throws {
        let (listener, address) = try listener()
        #expect(try dial("localhost", address.port).get() == address)
        withExtendedLifetime(listener) {}
    }

    @Test func refusalNamesTheAddress() throws {
        let (listener, address) = try listener()
        listener.close()
        guard case .failure(.failed(let name, let error)) = try dial("127.0.0.1", address.port) else {
            Issue.record("a closed port was reached")
            return
        }
        #expect(name == address.description)
        #expect(error.code == Errno.connectionRefused)
    }

    @Test func aNameThatCannotExistIsUnresolvable() throws {
        guard case .failure(.unresolvable(let error)) = try dial("no-such-host.invalid", 1, timeout: .seconds(20))
        else {
            Issue.record("an invalid name was resolved, or the time ran out")
            return
        }
        #expect(error.name == "no-such-host.invalid")
    }

    /// A listener whose backlog is full lets an attempt wait for ever; the deadline ends it.
    @Test func theDeadlineEndsAnUndecidedAttempt() throws {
        let wildcard = try #require(SocketAddress(literal: "127.0.0.1", port: 0))
        let full = try Socket.listen(at: wildcard, backlog: 0)
        let address = try Socket.localAddress(full.number)
        let fillers = try (0..<8).map { _ in try Socket.connect(to: address).0 }
        guard case .failure(.timedOut) = try dial("127.0.0.1", address.port, timeout: .milliseconds(50)) else {
            Issue.record("connected through a full backlog")
            return
        }
        withExtendedLifetime((full, fillers)) {}
    }

    @Test func aCancelledDialCallsNobody() throws {
        let (listener, address) = try listener()
        let loop = try EventLoop()
        let resolver = try Resolver(loop: loop)
        var called = false
        let dial = Dial("127.0.0.1", port: address.port, timeout: .seconds(5), resolver: resolver, loop: loop) { _ in
            called = true
        }
        dial.cancel()
        for _ in 0..<3 { try loop.turn(maximumWait: .milliseconds(1)) }
        #expect(!called)
        #expect(loop.watched == 0)
        withExtendedLifetime(listener) {}
    }
}
