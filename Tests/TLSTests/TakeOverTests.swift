import COpenSSL
import Testing

@testable import TLS

/// When the server opens and seals records itself after the handshake, and when it leaves that to OpenSSL.
@Suite struct TakeOverTests {
    private static let suites = [
        "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
    ]

    /// Data both ways, in one record and in several, with new keys now and then.
    private func exchange(_ link: Link) {
        var noise = Noise(state: 17)
        for count in [1, 5, 4096, 16_384, 16_385, 50_000] {
            let (up, down) = (noise.bytes(count), noise.bytes(count))
            link.client.send(up)
            #expect(link.client.flushed())
            #expect(link.server.readAll().bytes == up)
            link.server.send(down)
            #expect(link.server.flushed())
            #expect(link.client.readAll().bytes == down)
            let kind = count.isMultiple(of: 2) ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED
            if link.client.protocolVersion == .tls13 { #expect(unsafe SSL_key_update(link.client.ssl, kind) == 1) }
        }
    }

    @Test(arguments: suites, [0, 1, 8])
    func everySuiteAndAnyNumberOfTickets(suite: String, tickets: Int) throws {
        let link = try Link(
            server: serverContext { $0.sessionTickets = tickets }, client: clientContext { $0.cipherSuites = suite })
        try link.connect()
        #expect(unsafe link.server.ssl == nil)
        #expect(link.server.cipherName == suite)
        exchange(link)
        link.server.shutdown()
        #expect(link.server.flushed())
        #expect(link.client.readOnce() == .closed)
    }

    @Test func olderVersionsAndOtherSuitesStayWithOpenSSL() throws {
        let old = try Link(server: serverContext(), client: clientContext { $0.maximumVersion = .tls12 })
        let asked = try Link(server: serverContext { $0.opensRecords = false }, client: clientContext())
        let other = try Link(
            server: serverContext { $0.cipherSuites = "TLS_AES_128_CCM_SHA256" },
            client: clientContext { $0.cipherSuites = "TLS_AES_128_CCM_SHA256" })
        for link in [old, asked, other] {
            try link.connect()
            #expect(unsafe link.server.ssl != nil)
            exchange(link)
        }
    }

    /// RFC 6066 section 4: for clients with little memory, whose records OpenSSL keeps as small as they asked for.
    @Test func smallFragmentsStayWithOpenSSL() throws {
        let relay = try Relay(server: serverContext(), client: clientContext())
        #expect(unsafe SSL_set_tlsext_max_fragment_length(relay.client.ssl, 1) == 1)
        try relay.connect()
        #expect(unsafe relay.server.ssl != nil)
        relay.server.send([UInt8](repeating: 1, count: 5000))
        #expect(relay.server.flushed())
        let records = splitRecords(relay.takeFromServer())
        #expect(records.count == 10 && records.allSatisfy { $0.count <= 512 + RecordProtection.overhead })
    }

    /// What a connection tells about itself doesn't depend on who opens records.
    @Test(arguments: suites)
    func theFactsAreTheSame(suite: String) throws {
        var facts: [[String?]] = []
        for opensRecords in [true, false] {
            let server = try serverContext {
                $0.opensRecords = opensRecords
                $0.clientCertificates = .optional
                $0.clientAuthorities = Identities.trusted
            }
            let client = try clientContext {
                $0.cipherSuites = suite
                $0.certificate = Identities.client
            }
            var session: TLSSession?
            for _ in 0..<2 {
                let link = try Link(server: server, client: client, resuming: session)
                try link.connect()
                #expect(unsafe (link.server.ssl == nil) == opensRecords)
                var statistics = TLSStatistics()
                statistics.countHandshake(of: link.server)
                facts.append([
                    link.server.cipherName, link.server.serverName, link.server.applicationProtocol,
                    "\(link.server.protocolVersion == .tls13)", "\(link.server.sessionReused)",
                    "\(link.server.hasPeerCertificate)", link.server.peerIdentity.map { "\($0)" },
                    "\(statistics)", "\(link.server.session == nil || !opensRecords)",
                ])
                session = link.client.session
            }
        }
        #expect(facts[0] == facts[2] && facts[1] == facts[3])
        #expect(facts[0][4] == "false" && facts[1][4] == "true" && facts[0][6] != nil)
        let bare = try Link(
            server: serverContext(), client: clientContext { $0.applicationProtocols = [] }, serverName: "127.0.0.1")
        try bare.connect()
        #expect(bare.server.applicationProtocol == nil && bare.server.serverName == nil)
        #expect(bare.server.peerIdentity == nil)
    }

    /// Its tickets hold the certificate, and are larger than a record.
    @Test func aLargeClientCertificate() throws {
        let names = (0..<900).map { SubjectName.dns("name-number-\($0).client.example.org") }
        let large = Identities.issue(Identities.authority, "large", names)
        let server = try serverContext {
            $0.clientCertificates = .required
            $0.clientAuthorities = Identities.trusted
            $0.sessionTickets = 2
        }
        let client = try clientContext { $0.certificate = large }
        let link = try Link(server: server, client: client)
        try link.connect()
        #expect(unsafe link.server.ssl == nil)
        #expect(link.server.peerIdentity?.dnsNames.count == 900)
        exchange(link)
        let session = try #require(link.client.session)
        let again = try Link(server: server, client: client, resuming: session)
        try again.connect()
        #expect(unsafe again.server.ssl == nil)
        #expect(again.server.sessionReused && again.server.peerIdentity?.dnsNames.count == 900)
        exchange(again)
    }

    @Test func aSecondClientHello() throws {
        // The client's first guess is a group that the server doesn't take.
        let link = try Link(
            server: serverContext { $0.groups = "X25519" }, client: clientContext { $0.groups = "P-256:X25519" })
        try link.connect()
        #expect(unsafe link.server.ssl == nil)
        exchange(link)
    }

    @Test func aClientHelloByteByByte() throws {
        let relay = try Relay(server: serverContext(), client: clientContext())
        let other = try Relay(server: serverContext(), client: clientContext(), engine: relay.server.engine)
        #expect(relay.client.handshake().isUnderWay && other.client.handshake().isUnderWay)
        // Another one at the same time on the same engine.
        for (byte, otherByte) in zip(relay.takeFromClient(), other.takeFromClient()) {
            #expect(relay.server.handshake().isUnderWay)
            relay.giveToServer([byte])
            #expect(other.server.handshake().isUnderWay)
            other.giveToServer([otherByte])
        }
        for each in [relay, other] {
            #expect(each.server.handshake().isUnderWay)
            each.giveToClient(each.takeFromServer())
            #expect(each.client.handshake().isComplete)
            each.client.send("first")
            #expect(each.client.flushed())
            for byte in each.takeFromClient() {
                if each.server.handshake().isComplete { _ = each.server.readOnce() }
                each.giveToServer([byte])
            }
            #expect(unsafe each.server.ssl == nil)
            #expect(each.server.readOnce() == .bytes(Array("first".utf8)))
        }
    }

    @Test(arguments: [1, 7, 100])
    func aClientHelloInTinyRecords(size: Int) throws {
        let relay = try Relay(server: serverContext(), client: clientContext())
        #expect(relay.client.handshake().isUnderWay)
        let hello = relay.takeFromClient()
        var rest = hello.dropFirst(5)
        while !rest.isEmpty {
            let piece = rest.prefix(size)
            relay.giveToServer(hello[..<3] + [0, UInt8(piece.count)] + piece)
            rest = rest.dropFirst(size)
        }
        #expect(relay.server.handshake().isUnderWay)
        relay.giveToClient(relay.takeFromServer())
        #expect(relay.client.handshake().isComplete)
        #expect(relay.client.flushed())
        relay.giveToServer(relay.takeFromClient())
        #expect(relay.server.handshake().isComplete)
        #expect(unsafe relay.server.ssl == nil)
    }
}
