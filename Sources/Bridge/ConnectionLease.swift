public import System

/// Connections of each client address, where their number is limited. One for each worker.
public final class ConnectionLedger {
    private let limit: Int
    private var counts: [SocketAddress: Int] = [:]

    /// A ledger that allows `limit` connections from one address.
    public init(limit: Int) { self.limit = limit }

    /// A lease for one more connection from `peer`, or nil when it has as many as it may. Its end gives it back.
    public func lease(_ peer: SocketAddress) -> ConnectionLease? {
        var address = peer
        address.port = 0
        guard counts[address, default: 0] < limit else { return nil }
        counts[address, default: 0] += 1
        return ConnectionLease(self, address)
    }

    fileprivate func giveBack(_ address: SocketAddress) {
        guard let count = counts[address] else { return }
        counts[address] = count > 1 ? count - 1 : nil
    }
}

/// One counted connection; it is given back when nobody holds it any more.
public final class ConnectionLease {
    private let ledger: ConnectionLedger
    private let address: SocketAddress

    fileprivate init(_ ledger: ConnectionLedger, _ address: SocketAddress) {
        self.ledger = ledger
        self.address = address
    }

    deinit { ledger.giveBack(address) }
}
