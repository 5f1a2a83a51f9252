import MockServers
import Settings
import System
import Testing

@testable import Daemon

@Suite struct ListeningSocketsTests {
    let place: Workplace

    init() throws { place = try Workplace() }

    /// Settings with bridges at these ports of 127.0.0.1, and an admin port if one is given.
    private func settings(_ ports: [UInt16], admin: UInt16? = nil, address: String = "127.0.0.1") throws -> Settings {
        let listeners = ports.enumerated().map { index, port in
            #", { "name": "bridge\#(index)", "kind": "bridge", "ports": "\#(port)", "address": "\#(address)" }"#
        }
        let sections = """
            , "listeners": [{ "name": "wss", "enabled": false }, { "name": "oauth", "enabled": false }\
            \(listeners.joined())],
            "admin": { "enabled": \(admin != nil), "port": \(admin ?? 1) }
            """
        return try SettingsFile.load(try place.settings(sections)).get()
    }

    private func at(_ port: UInt16) -> SocketAddress { .loopback(port: port) }

    /// Whether somebody listens at `port`.
    private func listens(_ port: UInt16) throws -> Bool {
        let (socket, progress) = try Socket.connect(to: at(port))
        if case .failed = progress { return false }
        // On the loopback a refusal is there at once, at the latest when the socket becomes writable.
        let epoll = try Epoll(capacity: 1)
        try epoll.add(socket.number, .writable, edgeTriggered: false, tag: 0)
        #expect(try epoll.wait(timeoutMilliseconds: 10_000) == 1)
        return Socket.pendingError(socket.number) == 0
    }

    /// Whether nobody has `port`, listening or not.
    private func isFree(_ port: UInt16) -> Bool { (try? Socket.listen(at: at(port))) != nil }

    /// Connects `count` times to `port` and answers how many of them arrive at `sockets`.
    private func arrivals(at port: UInt16, _ count: Int, in sockets: [Descriptor]) throws -> Int {
        var clients: [Descriptor] = []
        for _ in 0..<count { clients.append(try Socket.connect(to: at(port)).0) }
        var arrived = 0
        for socket in sockets { while try Socket.accept(socket.number) != nil { arrived += 1 } }
        withExtendedLifetime(clients) {}
        return arrived
    }

    // MARK: Opening

    @Test func boundAtFirstAndListeningWhenUsed() throws {
        let (one, two) = try twoFreePorts()
        let sockets = ListeningSockets()
        let settings = try settings([one], admin: two)
        let (ports, admin) = try sockets.ports(of: settings, count: 3)
        #expect(ports.map(\.listener) == ["bridge0"])
        #expect(ports.map(\.port) == [one])
        #expect(ports.first?.sockets.count == 3)
        #expect(try !listens(one))
        #expect(try !listens(two))
        #expect(sockets.all.isEmpty)
        try sockets.use(ports, admin, backlog: 16)
        #expect(try listens(one))
        #expect(try listens(two))
        #expect(sockets.all.count == 4)
        sockets.close()
        #expect(try !listens(one))
        #expect(isFree(one) && isFree(two))
        #expect(sockets.all.isEmpty)
    }

    @Test func noAdminPortWhereNoneIsWanted() throws {
        #expect(try ListeningSockets().ports(of: try settings([freePort()]), count: 1).admin == nil)
    }

    @Test func whatWasOpenedInVainIsClosedAgain() throws {
        let (good, bad) = try twoFreePorts()
        let other = try Socket.listen(at: at(bad))
        let settings = try settings([good, bad])
        let sockets = ListeningSockets()
        let error = #expect(throws: StartError.self) { try sockets.ports(of: settings, count: 2) }
        #expect(error?.description.hasPrefix("listener bridge1: cannot listen at 127.0.0.1:\(bad): ") == true)
        #expect(error?.description.contains("another program has this port: stop it, or choose another port") == true)
        #expect(isFree(good))
        #expect(sockets.all.isEmpty)
        // And it works once the other is gone.
        other.close()
        #expect(try sockets.ports(of: settings, count: 2).ports.count == 2)
    }

    /// Two daemons of one user would otherwise share the port without a word.
    @Test func aPortOfAnotherDaemonOfThisUserIsTaken() throws {
        let port = try freePort()
        let other = try Socket.listen(at: at(port), backlog: 4, reusePort: true)
        let settings = try settings([port])
        #expect(throws: StartError.self) { try ListeningSockets().ports(of: settings, count: 1) }
        let admin = try self.settings([freePort()], admin: port)
        let error = #expect(throws: StartError.self) { try ListeningSockets().ports(of: admin, count: 1) }
        #expect(error?.description.hasPrefix("admin: cannot listen at ") == true)
        withExtendedLifetime(other) {}
    }

    @Test func anAddressOfAnotherMachineIsNamed() throws {
        let settings = try settings([freePort()], address: "192.0.2.1")
        let error = #expect(throws: StartError.self) { try ListeningSockets().ports(of: settings, count: 1) }
        #expect(error?.description.contains("EADDRNOTAVAIL") == true)
        #expect(error?.description.hasSuffix("this machine doesn't have that address") == true)
    }

    // MARK: Reloads

    @Test func laterGenerationsHaveTheSameSockets() throws {
        let (one, two) = try twoFreePorts()
        let settings = try settings([one], admin: two)
        let sockets = ListeningSockets()
        let first = try sockets.ports(of: settings, count: 2)
        try sockets.use(first.ports, first.admin, backlog: 4)
        let numbers = try #require(first.ports.first).sockets.map(\.number)

        let more = try sockets.ports(of: settings, count: 4)
        #expect(more.ports.first?.sockets.count == 4)
        #expect(more.ports.first?.sockets.prefix(2).map(\.number) == numbers)
        #expect(more.admin === first.admin)
        try sockets.use(more.ports, more.admin, backlog: 4)
        #expect(sockets.all.count == 5)

        let fewer = try sockets.ports(of: settings, count: 1)
        try sockets.use(fewer.ports, fewer.admin, backlog: 64)
        #expect(sockets.all.count == 5)
        #expect(sockets.all.allSatisfy { !$0.isClosed })
        #expect(try arrivals(at: one, 64, in: try #require(fewer.ports.first).sockets(for: 0, of: 1)) == 64)
    }

    /// Nobody would look at connections in the queue of a socket that was meant for a generation that never came.
    @Test func aReloadThatFailsChangesNothing() throws {
        let (one, two) = try twoFreePorts()
        let sockets = ListeningSockets()
        let (ports, admin) = try sockets.ports(of: try settings([one]), count: 1)
        try sockets.use(ports, admin, backlog: 64)
        do {
            let vain = try sockets.ports(of: try settings([one, two]), count: 3)
            #expect(vain.ports.map(\.sockets.count) == [3, 3])
            #expect(try arrivals(at: one, 16, in: ports.flatMap(\.sockets)) == 16)
        }
        #expect(sockets.all.map(\.number) == ports.flatMap(\.sockets).map(\.number))
        #expect(try listens(one))
        #expect(isFree(two))
        _ = try arrivals(at: one, 0, in: sockets.all)
        #expect(try arrivals(at: one, 16, in: sockets.all) == 16)
    }

    @Test func listenersThatWereTakenAwayAreClosedWhenTheNewOnesAreUsed() throws {
        let (one, two) = try twoFreePorts()
        let sockets = ListeningSockets()
        let first = try sockets.ports(of: try settings([one]), count: 2)
        try sockets.use(first.ports, first.admin, backlog: 4)
        let second = try sockets.ports(of: try settings([two]), count: 2)
        #expect(try listens(one))
        try sockets.use(second.ports, second.admin, backlog: 4)
        #expect(isFree(one))
        #expect(try listens(two))
        #expect(first.ports.flatMap(\.sockets).allSatisfy { $0.isClosed })
    }

    @Test func theAdminPortIsClosedWhenItIsSwitchedOff() throws {
        let (one, two) = try twoFreePorts()
        let sockets = ListeningSockets()
        let with = try sockets.ports(of: try settings([one], admin: two), count: 1)
        try sockets.use(with.ports, with.admin, backlog: 4)
        let without = try sockets.ports(of: try settings([one]), count: 1)
        try sockets.use(without.ports, without.admin, backlog: 4)
        #expect(isFree(two))
        #expect(sockets.all.count == 1)
    }

    /// A listener's port has a socket for each worker, and the admin port uses one: none may be left that listens and
    /// that nobody accepts from.
    @Test func theAdminPortMayMoveToWhereAListenerWas() throws {
        let (one, two) = try twoFreePorts()
        let sockets = ListeningSockets()
        let before = try sockets.ports(of: try settings([one]), count: 4)
        try sockets.use(before.ports, before.admin, backlog: 64)
        let after = try sockets.ports(of: try settings([two], admin: one), count: 4)
        try sockets.use(after.ports, after.admin, backlog: 64)
        #expect(try arrivals(at: one, 32, in: [after.admin].compactMap(\.self)) == 32)
        #expect(sockets.all.count == 5)
        // And back again.
        let back = try sockets.ports(of: try settings([one]), count: 4)
        try sockets.use(back.ports, back.admin, backlog: 64)
        #expect(try arrivals(at: one, 32, in: back.ports.flatMap(\.sockets)) == 32)
    }

    @Test func aListenerMayMoveToAnotherAddressWithItsPort() throws {
        let port = try freePort()
        let sockets = ListeningSockets()
        let before = try sockets.ports(of: try settings([port]), count: 2)
        try sockets.use(before.ports, before.admin, backlog: 4)
        let after = try sockets.ports(of: try settings([port], address: "127.0.0.2"), count: 2)
        try sockets.use(after.ports, after.admin, backlog: 4)
        #expect(try !listens(port))
        #expect(try sockets.all.map { try Socket.localAddress($0.number).host } == ["127.0.0.2", "127.0.0.2"])
    }

    // MARK: Inherited sockets

    @Test func inheritedSocketsAreTakenOver() throws {
        let port = try freePort()
        let settings = try settings([port])
        let old = ListeningSockets()
        let (ports, admin) = try old.ports(of: settings, count: 2)
        try old.use(ports, admin, backlog: 64)
        let heirs = try old.all.map { try $0.duplicate() }
        let new = ListeningSockets(adopting: heirs)
        #expect(new.all.count == 2)
        let taken = try new.ports(of: settings, count: 2)
        #expect(taken.ports.flatMap(\.sockets).map(\.number).sorted() == heirs.map(\.number).sorted())
        try new.use(taken.ports, taken.admin, backlog: 64)
        // The old binary ends, and no connection is refused or lost.
        var clients: [Descriptor] = []
        for _ in 0..<16 { clients.append(try Socket.connect(to: at(port)).0) }
        old.close()
        #expect(try arrivals(at: port, 16, in: new.all) == 32)
        withExtendedLifetime(clients) {}
    }

    /// As systemd gives it: one socket, and no room for a second.
    @Test func aSocketWithoutRoomBesideItIsShared() throws {
        let given = try Socket.listen(at: .anyLoopbackPort, backlog: 64)
        let port = try Socket.localAddress(given.number).port
        let sockets = ListeningSockets(adopting: [given])
        let (ports, admin) = try sockets.ports(of: try settings([port]), count: 3)
        let found = try #require(ports.first)
        #expect(found.sockets.map(\.number) == [given.number])
        for index in 0..<3 { #expect(found.sockets(for: index, of: 3).map(\.number) == [given.number]) }
        try sockets.use(ports, admin, backlog: 64)
        #expect(try arrivals(at: port, 8, in: [given]) == 8)
    }

    @Test func whatNobodyAskedForIsClosedOrLeftOut() throws {
        let given = try Socket.listen(at: .anyLoopbackPort)
        let unwanted = try Socket.localAddress(given.number).port
        let (reading, _) = try Descriptor.pipe()
        let sockets = ListeningSockets(adopting: [given, reading])
        #expect(sockets.all.map(\.number) == [given.number])
        let (ports, admin) = try sockets.ports(of: try settings([freePort()]), count: 1)
        try sockets.use(ports, admin, backlog: 4)
        #expect(given.isClosed)
        #expect(isFree(unwanted))
        #expect(!reading.isClosed)
    }

    // MARK: Who accepts from which

    @Test(arguments: 1...6, 1...6)
    func everySocketHasAWorkerAndEveryWorkerASocket(sockets count: Int, workers: Int) throws {
        let sockets = try (0..<count).map { _ in try Descriptor.pipe().reading }
        let port = ListeningPort(listener: "wss", port: 1, sockets: sockets)
        let shares = (0..<workers).map { port.sockets(for: $0, of: workers).map(\.number) }
        #expect(shares.allSatisfy { !$0.isEmpty })
        #expect(Set(shares.joined()) == Set(sockets.map(\.number)))
        // Shared only where there are too few.
        if count >= workers { #expect(shares.joined().count == count) }
        let sizes = shares.map(\.count)
        #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
    }

    @Test func aPortWithoutSocketsHasNone() {
        #expect(ListeningPort(listener: "wss", port: 1, sockets: []).sockets(for: 0, of: 2).isEmpty)
    }
}
