import COpenSSL
import Glibc
import Testing

@testable import TLS

/// Handshakes with a key that only the key holder has.
@Suite struct RemoteKeyTests {
    private struct Case: Sendable, CustomTestStringConvertible {
        var kind: KeyKind
        var version: TLSVersion
        var testDescription: String { "\(kind.rawValue) over \(version)" }
    }

    private static let cases = KeyKind.allCases.flatMap { kind in
        [TLSVersion.tls12, .tls13].map { Case(kind: kind, version: $0) }
    }

    /// libssl offers Ed448 and RSA-PSS only when asked; the product's lists are OpenSSL's.
    @Test(arguments: cases)
    private func aServerProvesItself(_ one: Case) throws {
        let issued = IssuedKey[one.kind]
        let held = Held([issued.privateKey])
        let material = try issued.material(at: held.channel)
        #expect(material.keyType == one.kind.type)
        #expect(material.keyPEM.isEmpty)
        let link = try Link(
            server: serverContext { $0.certificates = [material] },
            client: clientContext { $0.maximumVersion = one.version })
        try link.connect()
        #expect(link.server.protocolVersion == one.version)
        #expect(link.client.peerIdentity == material.identity)
    }

    @Test(arguments: cases)
    private func aClientProvesItself(_ one: Case) throws {
        let issued = IssuedKey[one.kind]
        let held = Held([issued.privateKey])
        let material = try issued.material(at: held.channel)
        let server = try serverContext {
            $0.clientCertificates = .required
            $0.clientAuthorities = Identities.trusted
        }
        let client = try clientContext {
            $0.certificate = material
            $0.maximumVersion = one.version
        }
        let link = try Link(server: server, client: client)
        try link.connect()
        #expect(link.server.peerIdentity == material.identity)
    }

    @Test(arguments: TLSVersion.allCases)
    func sessionsAreResumedWithoutTheHolder(version: TLSVersion) throws {
        let issued = IssuedKey[.p256]
        let ends = channelPair()
        let thread = HolderThread(keys: [issued.privateKey], channels: [ends.holder])
        let copy = dup(ends.worker)
        let channel = KeyHolderChannel(owning: ends.worker)
        let material = try issued.material(at: channel)
        let server = try serverContext { $0.certificates = [material] }
        let client = try clientContext { $0.maximumVersion = version }
        let first = try Link(server: server, client: client)
        try first.connect()
        let session = try #require(first.client.session)
        // The holder goes: a full handshake fails, a resumed one needs no key.
        shutdown(copy, Int32(SHUT_RDWR))
        close(copy)
        thread.join()
        let second = try Link(server: server, client: client, resuming: session)
        try second.connect()
        #expect(second.server.sessionReused)
        let third = try Link(server: server, client: client).handshake()
        #expect(third.server.failure?.kind == .internalError)
    }

    private func failure(_ material: KeyMaterial, _ version: TLSVersion) throws -> TLSFailure? {
        let link = try Link(
            server: serverContext { $0.certificates = [material] },
            client: clientContext { $0.maximumVersion = version })
        let result = link.handshake()
        // The peer learns that it is over, and no more than that.
        #expect(result.client.failure?.alert == 80, "\(result.client)")
        return result.server.failure
    }

    @Test(arguments: TLSVersion.allCases)
    func aDeadHolderFailsTheHandshakeAndSaysSo(version: TLSVersion) throws {
        let issued = IssuedKey[.rsa2048]
        let ends = channelPair()
        let holderEnd = dup(ends.holder)
        let thread = HolderThread(keys: [issued.privateKey], channels: [ends.holder])
        let channel = KeyHolderChannel(owning: ends.worker)
        let material = try issued.material(at: channel)
        shutdown(holderEnd, Int32(SHUT_RDWR))
        close(holderEnd)
        thread.join()
        let failure = try #require(try failure(material, version))
        #expect(failure.kind == .internalError)
        #expect(failure.description == "TLS failed on our side: the key holder is gone")
        #expect(ERR_peek_error() == 0)
    }

    @Test(arguments: TLSVersion.allCases)
    func aSlowHolderFailsTheHandshakeInTime(version: TLSVersion) throws {
        let issued = IssuedKey[.p256]
        let ends = channelPair()
        defer { close(ends.holder) }
        let answering = HolderThread(keys: [issued.privateKey], channels: [dup(ends.holder)])
        let channel = KeyHolderChannel(owning: ends.worker, timeout: .seconds(20))
        let material = try issued.material(at: channel)
        // Another channel that nobody serves, under the same certificate.
        let silent = channelPair()
        defer { close(silent.holder) }
        let slow = KeyHolderChannel(owning: silent.worker, timeout: .milliseconds(200))
        let started = ContinuousClock.now
        let failure = try #require(try failure(material.asking(RemoteKey(channel: slow, index: 0)), version))
        #expect(started.duration(to: .now) < .seconds(10))
        #expect(failure.description == "TLS failed on our side: the key holder did not answer in time")
        shutdown(ends.holder, Int32(SHUT_RDWR))
        answering.join()
    }

    @Test func aKeyOfAnotherCertificateIsNoticedAtOnce() throws {
        let held = Held([IssuedKey(.p256).privateKey, IssuedKey[.rsa2048].privateKey])
        let mismatch = TLSError.keyMismatch(certificate: "cert.pem", key: "key.pem")
        #expect(throws: mismatch) { _ = try IssuedKey[.p256].material(at: held.channel) }
        // Another kind of key: the holder can't sign so.
        #expect(
            throws: TLSError.unusableKey(label: "key.pem", reason: "the key cannot make this kind of signature")
        ) {
            _ = try IssuedKey[.p256].material(at: held.channel, index: 1)
        }
        for index in [2, -1, .max] {
            #expect(throws: TLSError.unusableKey(label: "key.pem", reason: "the key holder has no such key")) {
                _ = try IssuedKey[.p256].material(at: held.channel, index: index)
            }
        }
    }

    @Test func aWrongKeyAtHandshakeTimeIsNoHandshake() throws {
        // The holder's keys in another order than the worker believes.
        let (one, other) = (IssuedKey[.p256], IssuedKey(.p256))
        let held = Held([one.privateKey, other.privateKey])
        let material = try one.material(at: held.channel)
        let link = try Link(
            server: serverContext { $0.certificates = [material.asking(RemoteKey(channel: held.channel, index: 1))] },
            client: clientContext())
        #expect(link.handshake().client.failure != nil)
    }

    @Test func severalCertificatesShareAChannel() throws {
        let (ec, rsa) = (IssuedKey[.p256], IssuedKey[.rsa2048])
        let held = Held([rsa.privateKey, ec.privateKey])
        let server = try serverContext {
            $0.certificates = orFail {
                [try ec.material(at: held.channel, index: 1), try rsa.material(at: held.channel, index: 0)]
            }
        }
        for (ciphers, name) in [("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDSA"), ("ECDHE-RSA-AES128-GCM-SHA256", "RSA")] {
            let client = try clientContext {
                $0.ciphers = ciphers
                $0.maximumVersion = .tls12
            }
            let link = try Link(server: server, client: client)
            try link.connect()
            #expect(link.server.cipherName?.contains(name) == true)
        }
    }

    @Test func workersAreServedSideBySide() throws {
        let issued = IssuedKey[.p256]
        let pairs = (0..<4).map { _ in channelPair() }
        let thread = HolderThread(keys: [issued.privateKey], channels: pairs.map(\.holder))
        let workers = pairs.map { pair in
            OtherThread {
                orFail {
                    let channel = KeyHolderChannel(owning: pair.worker, timeout: .seconds(30))
                    let material = try issued.material(at: channel)
                    let server = try serverContext { $0.certificates = [material] }
                    let client = try clientContext()
                    for _ in 0..<25 { try Link(server: server, client: client).connect() }
                }
            }
        }
        workers.forEach { $0.join() }
        thread.join()
    }

    @Test func whatAWorkerGetsHoldsNoKey() throws {
        let issued = IssuedKey[.p256]
        let chain = Identities.authority.certificate
        let mixed = issued.keyPEM + issued.certificatePEM + chain.keyPEM + chain.certificatePEM
        let text = String(decoding: try KeyMaterial.certificates(in: mixed, label: "c"), as: UTF8.self)
        #expect(!text.contains("PRIVATE"))
        #expect(text == String(decoding: issued.certificatePEM + chain.certificatePEM, as: UTF8.self))
        #expect(throws: TLSError.noCertificate(label: "c")) {
            _ = try KeyMaterial.certificates(in: issued.keyPEM, label: "c")
        }
    }

    @Test func nothingElseFindsTheRemoteAlgorithms() throws {
        let held = Held([IssuedKey[.rsa2048].privateKey])
        _ = try IssuedKey[.rsa2048].material(at: held.channel)
        let found = unsafe EVP_SIGNATURE_fetch(nil, "RSA", nil)
        defer { unsafe EVP_SIGNATURE_free(found) }
        let digest = unsafe EVP_MD_fetch(nil, "SHA256", nil)
        defer { unsafe EVP_MD_free(digest) }
        #expect(unsafe EVP_SIGNATURE_get0_provider(found) == EVP_MD_get0_provider(digest))
    }

    @Test func channelsAndKeysLeaveNothingBehind() throws {
        let issued = IssuedKey[.p256]
        weak var watched: KeyHolderChannel?
        do {
            let ends = channelPair()
            let thread = HolderThread(keys: [issued.privateKey], channels: [ends.holder])
            do {
                let channel = KeyHolderChannel(owning: ends.worker)
                watched = channel
                let server = try serverContext { $0.certificates = orFail { [try issued.material(at: channel)] } }
                try Link(server: server, client: clientContext()).connect()
            }
            thread.join()
        }
        #expect(watched == nil)
    }
}
