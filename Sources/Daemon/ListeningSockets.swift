// The listening sockets: opened by the master, kept across generations and binaries, so that no connection is refused
// in between. Connections that come while nobody accepts wait in the kernel's queue.
//
// Rules:
// 1. One socket for each worker and port (SO_REUSEPORT), so that workers don't wake each other.
// 2. A port never has fewer sockets than before: closing one would reset the connections that wait in it. Where there
//    are fewer workers than sockets, a worker accepts from several; where a socket was given from outside (systemd) and
//    there are fewer sockets than workers, several workers accept from one.
// 3. A port that was never open here is tried without SO_REUSEPORT first: two daemons of one user would otherwise share
//    it without a word.
// 4. New sockets are bound at first, and listen only when there is somebody who accepts from them: a reload that fails
//    must not leave connections in a queue that nobody looks at.
internal import Settings
internal import System

/// Where a listener listens, and with what.
struct ListeningPort {
    /// The listener's name.
    var listener: String
    /// The port.
    var port: UInt16
    /// One for each worker, or those that were given.
    var sockets: [Descriptor]
}

/// The listening sockets of a daemon.
final class ListeningSockets {
    /// What is open, by the address it is bound to.
    private var open: [SocketAddress: [Descriptor]] = [:]

    /// Takes over sockets that listen already: of the binary that ran before, or of systemd. Others are left alone.
    init(adopting inherited: [Descriptor] = []) {
        for socket in inherited {
            guard let address = try? Socket.localAddress(socket.number) else { continue }
            open[address, default: []].append(socket)
        }
    }

    /// Every socket, for the binary that comes after this one.
    var all: [Descriptor] { open.values.flatMap(\.self) }

    /// The sockets that `settings` ask for, `count` for each port; binds those that are missing.
    ///
    /// Nothing changes when it throws: what was opened in vain is closed again.
    func ports(of settings: Settings, count: Int) throws(StartError) -> (ports: [ListeningPort], admin: Descriptor?) {
        var opened: [SocketAddress: [Descriptor]] = [:]
        var ports: [ListeningPort] = []
        for listener in settings.listeners {
            for port in listener.ports.ports {
                let sockets = try sockets(listener.address, port, count, for: "listener \(listener.name)", &opened)
                ports.append(ListeningPort(listener: listener.name, port: port, sockets: sockets))
            }
        }
        var admin: Descriptor?
        if settings.admin.enabled {
            admin = try sockets(settings.admin.address, settings.admin.port, 1, for: "admin", &opened).first
        }
        return (ports, admin)
    }

    /// Listens at `ports`, and closes the sockets of listeners that a reload took away.
    ///
    /// - Parameter prepare: sets the options that connections inherit, before any can come.
    func use(
        _ ports: [ListeningPort], _ admin: Descriptor?, backlog: Int, prepare: (Descriptor) -> Void = { _ in }
    ) throws(StartError) {
        ports.flatMap(\.sockets).forEach(prepare)
        var added: [Descriptor] = []
        for socket in ports.flatMap(\.sockets) + [admin].compactMap(\.self) {
            do throws(SystemError) {
                try Socket.listen(socket, backlog: Int32(clamping: backlog))
                let address = try Socket.localAddress(socket.number)
                if open[address]?.contains(where: { $0 === socket }) != true {
                    open[address, default: []].append(socket)
                    added.append(socket)
                }
            } catch {
                // What listens already would take connections that nobody accepts.
                for socket in added { socket.close() }
                for (address, sockets) in open { open[address] = sockets.filter { !$0.isClosed } }
                throw StartError("cannot listen: \(error)")
            }
        }
        let kept = Set((ports.flatMap(\.sockets) + [admin].compactMap(\.self)).map(\.number))
        for (address, sockets) in open {
            // The admin port uses one socket, and may be where a listener was that had more.
            let used = sockets.filter { kept.contains($0.number) }
            for socket in sockets where !kept.contains(socket.number) { socket.close() }
            open[address] = used.isEmpty ? nil : used
        }
    }

    /// Closes everything: connections are refused from now on.
    func close() {
        for sockets in open.values { for socket in sockets { socket.close() } }
        open = [:]
    }

    private func sockets(
        _ bind: BindAddress, _ port: UInt16, _ count: Int, for words: String,
        _ opened: inout [SocketAddress: [Descriptor]]
    ) throws(StartError) -> [Descriptor] {
        let candidates = bind.candidates.compactMap { SocketAddress(literal: $0, port: port) }
        for address in candidates {
            guard var sockets = opened[address] ?? open[address] else { continue }
            // One that was given without SO_REUSEPORT has no room beside it; the workers share it then.
            while sockets.count < count {
                guard let more = try? Socket.bind(to: address, reusePort: true) else { break }
                sockets.append(more)
            }
            opened[address] = sockets
            return sockets
        }
        var failure: SystemError?
        for address in candidates {
            do throws(SystemError) {
                // Rule 3. It is closed again at once. A listener of ours that moves to another address meets itself.
                if !open.keys.contains(where: { $0.port == port }) { _ = try Socket.listen(at: address, backlog: 1) }
                var sockets: [Descriptor] = []
                for _ in 0..<max(1, count) {
                    sockets.append(try Socket.bind(to: address, reusePort: true))
                }
                opened[address] = sockets
                return sockets
            } catch {
                failure = error
            }
        }
        throw StartError("\(words): cannot listen at \(bind):\(port): \(Self.words(failure))")
    }

    private static func words(_ failure: SystemError?) -> String {
        guard let failure else { return "no usable address" }
        switch failure.name {
        case "EADDRINUSE": return "\(failure); another program has this port: stop it, or choose another port"
        case "EACCES": return "\(failure); ports below 1024 need root or CAP_NET_BIND_SERVICE"
        case "EADDRNOTAVAIL": return "\(failure); this machine doesn't have that address"
        default: return "\(failure)"
        }
    }
}

extension ListeningPort {
    /// The sockets that the worker at `index` of `count` accepts from (rule 2).
    func sockets(for index: Int, of count: Int) -> [Descriptor] {
        guard sockets.count > count else { return sockets.isEmpty ? [] : [sockets[index % sockets.count]] }
        return sockets.enumerated().filter { $0.offset % count == index }.map(\.element)
    }
}
