import System
import Testing

@testable import Bridge

@Suite struct ConnectionLeaseTests {
    @Test func anAddressHasSoManyConnectionsWhateverTheirPorts() throws {
        let ledger = ConnectionLedger(limit: 2)
        let one = try #require(SocketAddress(literal: "10.0.0.1", port: 1))
        let same = try #require(SocketAddress(literal: "10.0.0.1", port: 2))
        let other = try #require(SocketAddress(literal: "10.0.0.2", port: 1))
        var leases = [try #require(ledger.lease(one)), try #require(ledger.lease(same))]
        #expect(ledger.lease(one) == nil)
        #expect(ledger.lease(other) != nil)
        leases.removeLast()
        #expect(ledger.lease(same) != nil)
        withExtendedLifetime(leases) {}
    }

    @Test func aLeaseGivesItsConnectionBackWhenNobodyHoldsIt() throws {
        let ledger = ConnectionLedger(limit: 1)
        let address = try #require(SocketAddress(literal: "::1", port: 1))
        for _ in 0..<1_000 { #expect(ledger.lease(address) != nil) }
    }
}
