import Bytes
import TLS
import Testing

/// Certificates made here are believed where they should be, and only there.
@Suite struct CertificateAuthorityTests {
    @Test(arguments: ["localhost", "127.0.0.1", "::1"])
    func aSelfSignedCertificateIsItsOwnAuthority(name: String) throws {
        let made = try CertificateAuthority.selfSigned(
            CertificateRequest(commonName: "localhost", names: SubjectName.localhost, now: unixNow()))
        let server = try TLSContext.server(.init(certificates: [made.material(label: "self-signed")]))
        let trust = TrustedAuthorities(pem: made.certificatePEM, label: "self-signed")
        try Link(
            server: server, client: TLSContext.client(.init(trust: .authorities(trust))), serverName: name
        ).connect()
        let stranger = try Link(server: server, client: clientContext(), serverName: name)
        #expect(stranger.handshake().client.failure?.kind == .untrustedCertificate)
    }

    @Test func aSelfSignedCertificateVouchesForNoOther() throws {
        let made = try CertificateAuthority.selfSigned(
            CertificateRequest(commonName: "localhost", names: SubjectName.localhost, now: unixNow()))
        let forged = try CertificateAuthority(existing: made).issue(
            CertificateRequest(commonName: "forged", names: SubjectName.localhost, now: unixNow()))
        let server = try TLSContext.server(.init(certificates: [forged.material(label: "forged")]))
        let trust = TrustedAuthorities(pem: made.certificatePEM, label: "self-signed")
        let link = try Link(server: server, client: TLSContext.client(.init(trust: .authorities(trust))))
        #expect(link.handshake().client.failure?.kind == .untrustedCertificate)
    }

    @Test func anAuthorityCanBeLoadedAgain() throws {
        let again = try CertificateAuthority(existing: Identities.authority.certificate)
        let server = try serverContext { $0.certificates = [Identities.issue(again, "later", SubjectName.localhost)] }
        try Link(server: server, client: clientContext()).connect()
    }

    @Test func everyKindOfNameIsWrittenAndRead() throws {
        var request = CertificateRequest(
            commonName: "names",
            names: [
                .dns("*.example.org"), .dns("a.example"), .uri("spiffe://example.org/a"), .address("192.0.2.7"),
                .address("2001:db8::5"), .email("a@example.org"),
            ], now: unixNow())
        request.organizationalUnit = "unit"
        let identity = try Identities.authority.issue(request).material(label: "names").identity
        #expect(identity.dnsNames == ["*.example.org", "a.example"])
        #expect(identity.uris == ["spiffe://example.org/a"])
        #expect(identity.ipAddresses == ["192.0.2.7", "2001:db8::5"])
        #expect(identity.emails == ["a@example.org"])
        #expect(identity.organizationalUnits == ["unit"])
        #expect(identity.subject == "OU=unit,CN=names")
        #expect(identity.fingerprint.count == 64)
        #expect(identity.serialNumber.count == 32)
    }

    @Test(arguments: [
        SubjectName.dns(""), .dns("a,DNS:b"), .dns("a b"), .dns("a\nb"), .address("localhost"), .address("1.2.3"),
        .uri("x y"), .email("copy"), .email("move"),
    ])
    func namesThatWouldMeanSomethingElseAreRefused(name: SubjectName) {
        #expect(throws: TLSError.self) {
            _ = try Identities.authority.issue(CertificateRequest(commonName: "x", names: [name], now: unixNow()))
        }
    }

    @Test func certificatesDiffer() throws {
        let request = CertificateRequest(commonName: "x", names: [.dns("x")], now: unixNow())
        let (one, two) = try (
            CertificateAuthority.selfSigned(request).material(label: "1").identity,
            CertificateAuthority.selfSigned(request).material(label: "2").identity
        )
        #expect(one.serialNumber != two.serialNumber)
        #expect(one.fingerprint != two.fingerprint)
    }
}
