import TLS
import Testing

/// Resumption by tickets, and who may not resume.
@Suite struct TLSSessionTests {
    /// A full handshake; answers its session.
    private func session(_ server: TLSContext, _ client: TLSContext) throws -> TLSSession {
        let link = try Link(server: server, client: client)
        try link.connect()
        #expect(!link.server.sessionReused)
        return try #require(link.client.session)
    }

    private func isResumed(_ server: TLSContext, _ client: TLSContext, _ session: TLSSession) throws -> Bool {
        let link = try Link(server: server, client: client, resuming: session)
        try link.connect()
        #expect(link.server.sessionReused == link.client.sessionReused)
        var statistics = TLSStatistics()
        statistics.countHandshake(of: link.server)
        #expect((statistics[.sessionReused] == 1) == link.server.sessionReused)
        return link.server.sessionReused
    }

    @Test(arguments: [TLSVersion.tls12, .tls13])
    func aSessionIsResumed(version: TLSVersion) throws {
        let server = try serverContext()
        let client = try clientContext { $0.maximumVersion = version }
        let session = try session(server, client)
        #expect(try isResumed(server, client, session))
    }

    @Test func withoutTicketsNothingIsResumed() throws {
        let server = try serverContext { $0.sessionTickets = 0 }
        for version in TLSVersion.allCases {
            let client = try clientContext { $0.maximumVersion = version }
            let link = try Link(server: server, client: client)
            try link.connect()
            if let session = link.client.session { #expect(try !isResumed(server, client, session)) }
        }
    }

    @Test(arguments: [48, 80])
    func workersThatShareKeysResumeEachOthersSessions(count: Int) throws {
        var noise = Noise(state: 5)
        let key = try TicketKey(noise.bytes(count))
        let first = try serverContext { $0.ticketKeys = [key] }
        let second = try serverContext { $0.ticketKeys = [key] }
        let stranger = try serverContext { $0.ticketKeys = orFail { [try TicketKey.random()] } }
        let client = try clientContext()
        let session = try session(first, client)
        #expect(try isResumed(second, client, session))
        #expect(try !isResumed(stranger, client, session))
    }

    @Test func anOlderKeyStillOpensTickets() throws {
        let (old, new) = try (TicketKey.random(), TicketKey.random())
        let server = try serverContext { $0.ticketKeys = [old] }
        let client = try clientContext()
        let session = try session(server, client)
        server.replaceTicketKeys([new, old])
        #expect(try isResumed(server, client, session))
        server.replaceTicketKeys([new])
        #expect(try !isResumed(server, client, session))
    }

    @Test func otherRulesForClientsEndOldSessions() throws {
        let key = try TicketKey.random()
        let client = try clientContext { $0.certificate = Identities.client }
        let lax = try serverContext { $0.ticketKeys = [key] }
        let strict = try serverContext {
            $0.ticketKeys = [key]
            $0.clientCertificates = .required
            $0.clientAuthorities = Identities.trusted
        }
        let anonymous = try session(lax, client)
        #expect(try !isResumed(strict, client, anonymous))
        let proven = try session(strict, client)
        let link = try Link(server: strict, client: client, resuming: proven)
        try link.connect()
        #expect(link.server.sessionReused)
        #expect(link.server.peerIdentity?.commonName == "client")
    }

    @Test(arguments: [48, 80])
    func aTicketKeyCanBeHandedOn(count: Int) throws {
        var noise = Noise(state: 8)
        let key = try TicketKey(noise.bytes(count))
        #expect(key.secret.count == 80)
        #expect(try TicketKey(key.secret) == key)
    }

    @Test func ticketKeysHaveTwoSizes() {
        for count in [0, 16, 47, 49, 79, 81] {
            #expect(throws: TLSError.badTicketKey(count: count)) {
                _ = try TicketKey([UInt8](repeating: 1, count: count))
            }
        }
    }
}
