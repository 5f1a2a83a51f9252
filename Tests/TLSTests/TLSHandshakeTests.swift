import CLinux
import TLS
import Testing

/// Who is let in and who is not, and for which reason.
@Suite struct TLSHandshakeTests {
    private func mutual(_ mode: TLSContext.ClientCertificates) throws -> TLSContext {
        try serverContext {
            $0.clientCertificates = mode
            $0.clientAuthorities = Identities.trusted
        }
    }

    @Test func aRequiredClientCertificateIsAccepted() throws {
        let link = try Link(
            server: mutual(.required), client: clientContext { $0.certificate = Identities.client })
        try link.connect()
        let identity = try #require(link.server.peerIdentity)
        #expect(identity.uris == ["spiffe://example.org/client"])
        #expect(identity.dnsNames == ["client.example.org"])
        #expect(identity.commonName == "client")
        #expect(identity == Identities.client.identity)
        var statistics = TLSStatistics()
        statistics.countHandshake(of: link.server)
        #expect(statistics[.handshake] == 1 && statistics[.noCertificate] == 0)
    }

    @Test func anOptionalClientCertificateMayBeMissing() throws {
        let link = try Link(server: mutual(.optional), client: clientContext())
        try link.connect()
        #expect(link.server.peerIdentity == nil)
        var statistics = TLSStatistics()
        statistics.countHandshake(of: link.server)
        #expect(statistics[.noCertificate] == 1)
    }

    @Test func aMissingClientCertificateIsRefused() throws {
        let link = try Link(server: mutual(.required), client: clientContext())
        let result = link.handshake()
        let failure = try #require(result.server.failure)
        #expect(failure.kind == .noPeerCertificate)
        #expect(failure.counter == .failVerifyNoCertificate)
        // TLS 1.3: the client thinks it is done, and then reads certificate_required (116).
        #expect(result.client.isComplete)
        #expect(link.client.readOnce() == .failed(.peerAlert))
        guard case .failed(let told) = link.client.handshake() else { return }
        #expect(told.alert == 116)
    }

    @Test(arguments: [
        (TLSContext.ClientCertificates.required, true), (.required, false), (.optional, true), (.optional, false),
    ])
    func aBadClientCertificateIsRefused(mode: TLSContext.ClientCertificates, expired: Bool) throws {
        let certificate = expired ? Identities.expiredClient : Identities.strangeClient
        let link = try Link(server: mutual(mode), client: clientContext { $0.certificate = certificate })
        let failure = try #require(link.handshake().server.failure)
        #expect(failure.kind == .untrustedCertificate)
        #expect(failure.counter == .failVerifyError)
        #expect(failure.reason.contains(expired ? "expired" : "unable to get local issuer"))
        #expect(failure.description.contains(failure.reason))
    }

    @Test func aWrongNameIsRefused() throws {
        let link = try Link(server: serverContext(), client: clientContext(), serverName: "example.org")
        let result = link.handshake()
        let failure = try #require(result.client.failure)
        #expect(failure.kind == .nameMismatch)
        #expect(failure.counter == .failVerifySubjectAlternativeName)
        #expect(result.server.failure?.kind == .peerAlert)
        #expect(result.server.failure?.counter == .connectionError)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("::1", true), ("localhost.", true), ("LOCALHOST", true), ("127.0.0.2", false),
        ("::2", false), ("server", false),
    ])
    func namesAndAddressesAreCompared(name: String, matches: Bool) throws {
        let link = try Link(server: serverContext(), client: clientContext(), serverName: name)
        let result = link.handshake()
        #expect(result.client.isComplete == matches)
        if !matches { #expect(result.client.failure?.kind == .nameMismatch) }
        // An address is no SNI.
        if matches {
            #expect((link.server.serverName == nil) == name.contains { ".:".contains($0) && name != "localhost." })
        }
    }

    @Test(arguments: ["", "a\0b", ".localhost", String(repeating: "a", count: 300)])
    func anImpossibleServerNameIsAnError(name: String) throws {
        #expect(throws: TLSError.badServerName(name)) {
            _ = try Link(server: serverContext(), client: clientContext(), serverName: name)
        }
    }

    @Test func anUnknownServerIsRefusedUnlessInsecure() throws {
        let stranger = Identities.issue(Identities.otherAuthority, "stranger", SubjectName.localhost)
        let server = try serverContext { $0.certificates = [stranger] }
        let link = try Link(server: server, client: clientContext())
        #expect(link.handshake().client.failure?.kind == .untrustedCertificate)
        try Link(server: server, client: clientContext { $0.trust = .insecure }, serverName: "any.example").connect()
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n\r\n", "POST /token HTTP/1.1\r\n\r\n", "OPTIONS * HTTP/1.1\r\n\r\n",
        "DELETE /a HTTP/1.1\r\n\r\n", "CONNECT a:1 HTTP/1.1\r\n\r\n", "PATCH / HTTP/1.1\r\n\r\n",
    ])
    func plainHTTPIsRecognised(request: String) throws {
        for cut in [0, 1, 4] {
            let link = try Link(server: serverContext(), client: clientContext())
            let bytes = Array(request.utf8)
            #expect(unsafe clinux_send(link.sockets.second, bytes, cut) == cut)
            guard case .wantRead = link.server.handshake() else { return }
            let rest = Array(bytes[cut...])
            #expect(unsafe clinux_send(link.sockets.second, rest, rest.count) == rest.count)
            let failure = try #require(link.server.handshake().failure)
            #expect(failure.kind == .plainHTTP)
            #expect(failure.counter == .connectionError)
            #expect(link.server.pendingOutput == 0)
            // No alert was sent in front of the answer in plain text.
            var buffer = [UInt8](repeating: 0, count: 16)
            #expect(unsafe clinux_recv(link.sockets.second, &buffer, 16) < 0)
        }
    }

    @Test func garbageIsNotTLS() throws {
        let link = try Link(server: serverContext(), client: clientContext())
        let bytes: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
        #expect(unsafe clinux_send(link.sockets.second, bytes, bytes.count) == bytes.count)
        #expect(link.server.handshake().failure?.kind == .notTLS)
        #expect(link.server.handshake().failure?.kind == .notTLS)
    }

    @Test func anEndDuringTheHandshakeIsReported() throws {
        let link = try Link(server: serverContext(), client: clientContext())
        guard case .wantRead = link.client.handshake() else { return }
        guard case .wantRead = link.server.handshake() else { return }
        _ = clinux_shutdown_write(link.sockets.second)
        #expect(link.server.handshake().failure?.kind == .closedDuringHandshake)
    }

    @Test func nothingInCommon() throws {
        let noCipher = try Link(
            server: serverContext { $0.cipherSuites = "TLS_AES_128_GCM_SHA256" },
            client: clientContext {
                $0.minimumVersion = .tls13
                $0.cipherSuites = "TLS_CHACHA20_POLY1305_SHA256"
            })
        #expect(noCipher.handshake().server.failure?.kind == .noSharedCipher)
        let noGroup = try Link(
            server: serverContext { $0.groups = "X25519" }, client: clientContext { $0.groups = "P-384" })
        #expect(noGroup.handshake().server.failure?.kind == .noSharedGroup)
        let oldClient = try Link(
            server: serverContext { $0.minimumVersion = .tls13 },
            client: clientContext { $0.maximumVersion = .tls12 })
        #expect(oldClient.handshake().server.failure?.kind == .versionNotAllowed)
    }

    @Test func applicationProtocols() throws {
        let none = try Link(server: serverContext(), client: clientContext { $0.applicationProtocols = [] })
        try none.connect()
        #expect(none.server.applicationProtocol == nil)
        let several = try Link(
            server: serverContext(), client: clientContext { $0.applicationProtocols = ["h2", "http/1.1"] })
        try several.connect()
        #expect(several.server.applicationProtocol == "http/1.1")
        #expect(several.client.applicationProtocol == "http/1.1")
        let others = try Link(server: serverContext(), client: clientContext { $0.applicationProtocols = ["h2"] })
        let result = others.handshake()
        #expect(result.server.failure?.kind == .noApplicationProtocol)
        #expect(result.client.failure?.alert == 120)
        #expect(throws: TLSError.badApplicationProtocol("")) {
            _ = try serverContext { $0.applicationProtocols = [""] }
        }
    }

    @Test func theCertificateIsChosenByWhatTheClientUnderstands() throws {
        let rsa = try KeyMaterial(
            certificatePEM: rsaPair.certificate, keyPEM: rsaPair.key, certificateLabel: "rsa", keyLabel: "rsa")
        #expect(rsa.keyType == "RSA")
        let server = try serverContext { $0.certificates.append(rsa) }
        for (cipher, name) in [
            ("ECDHE-ECDSA-AES128-GCM-SHA256", "server"), ("ECDHE-RSA-AES128-GCM-SHA256", "localhost"),
        ] {
            let client = try clientContext {
                $0.trust = .insecure
                $0.maximumVersion = .tls12
                $0.ciphers = cipher
            }
            let link = try Link(server: server, client: client)
            try link.connect()
            #expect(link.client.peerIdentity?.commonName == name)
            #expect(link.client.cipherName == cipher)
        }
        #expect(throws: TLSError.duplicateKeyType(label: "rsa", type: "RSA")) {
            _ = try serverContext { $0.certificates = [rsa, rsa] }
        }
    }

    @Test func cipherPreference() throws {
        let ours = try Link(server: serverContext(), client: clientContext())
        try ours.connect()
        #expect(ours.server.cipherName == "TLS_AES_128_GCM_SHA256")
        let slow = try Link(
            server: serverContext(),
            client: clientContext { $0.cipherSuites = "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256" })
        try slow.connect()
        #expect(slow.server.cipherName == "TLS_CHACHA20_POLY1305_SHA256")
    }
}
