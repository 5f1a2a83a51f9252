internal import Bytes
public import System

/// TCP ports of the loopback interface that nobody listens at.
///
/// The kernel chooses. Between the choice and the use another process may take a port, so whoever uses one tries again
/// with others when it is gone.
public enum FreePorts {
    /// One port.
    public static func one() throws(SystemError) -> UInt16 {
        let socket = try Socket.listen(at: loopback(0), backlog: 1)
        return try Socket.localAddress(socket.number).port
    }

    /// Different ports, `count` of them.
    public static func several(_ count: Int) throws(SystemError) -> [UInt16] {
        // All are held until the last is chosen, or the kernel might choose one twice.
        var sockets: [Descriptor] = []
        var ports: [UInt16] = []
        for _ in 0..<count {
            let socket = try Socket.listen(at: loopback(0), backlog: 1)
            ports.append(try Socket.localAddress(socket.number).port)
            sockets.append(socket)
        }
        return ports
    }

    /// The first of `count` ports in a row.
    public static func consecutive(_ count: Int) throws(SystemError) -> UInt16 {
        var failure = SystemError("bind", "\(count) ports in a row", code: 98)
        for _ in 0..<50 {
            let first = try one()
            guard Int(first) + count <= Int(UInt16.max) else { continue }
            do throws(SystemError) {
                var sockets: [Descriptor] = []
                for offset in 0..<count {
                    sockets.append(try Socket.listen(at: loopback(first + UInt16(offset)), backlog: 1))
                }
                return first
            } catch {
                failure = error
            }
        }
        throw failure
    }

    /// 127.0.0.1 with `port`.
    public static func loopback(_ port: UInt16) -> SocketAddress {
        guard let address = SocketAddress(bytes: [127, 0, 0, 1], port: port) else {
            preconditionFailure("four bytes are an address")
        }
        return address
    }
}
