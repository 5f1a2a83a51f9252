import Bytes
import COpenSSL
import Testing

@testable import TLS

/// PEM in memory: what is accepted, and how what is not is named.
@Suite struct KeyMaterialTests {
    private let good = orFail {
        try CertificateAuthority.selfSigned(
            CertificateRequest(commonName: "localhost", names: SubjectName.localhost, now: unixNow()))
    }

    private func material(_ certificate: [UInt8], _ key: [UInt8]) throws(TLSError) -> KeyMaterial {
        try KeyMaterial(certificatePEM: certificate, keyPEM: key, certificateLabel: "cert.pem", keyLabel: "key.pem")
    }

    @Test func aPairIsAccepted() throws {
        let pair = try material(good.certificatePEM, good.keyPEM)
        #expect(pair.identity.commonName == "localhost")
        #expect(pair.keyType == "EC")
        #expect(pair.notBefore < unixNow() && pair.notAfter.seconds - pair.notBefore.seconds == 397 * 86_400)
        #expect(pair.warnings(at: unixNow()).isEmpty)
    }

    @Test func bothMayStandInOneFile() throws {
        let both = good.keyPEM + good.certificatePEM
        _ = try material(both, both)
    }

    @Test func theChainIsSentAlong() throws {
        let own = Identities.server
        let chained = try KeyMaterial(
            certificatePEM: own.certificatePEM + Identities.authority.certificate.certificatePEM, keyPEM: own.keyPEM,
            certificateLabel: "chain", keyLabel: "key")
        #expect(chained.identity == own.identity)
        let link = try Link(server: serverContext { $0.certificates = [chained] }, client: clientContext())
        try link.connect()
        let chain = unsafe SSL_get_peer_cert_chain(link.client.ssl)
        #expect(unsafe OPENSSL_sk_num(chain) == 2)
    }

    @Test func whatIsMissingOrBrokenIsNamed() throws {
        let other = try CertificateAuthority.selfSigned(
            CertificateRequest(commonName: "other", names: [.dns("other")], now: unixNow()))
        #expect(throws: TLSError.noCertificate(label: "cert.pem")) { _ = try material([], good.keyPEM) }
        #expect(throws: TLSError.noCertificate(label: "cert.pem")) { _ = try material(good.keyPEM, good.keyPEM) }
        #expect(throws: TLSError.noPrivateKey(label: "key.pem")) { _ = try material(good.certificatePEM, []) }
        #expect(throws: TLSError.noPrivateKey(label: "key.pem")) {
            _ = try material(good.certificatePEM, good.certificatePEM)
        }
        #expect(throws: TLSError.keyMismatch(certificate: "cert.pem", key: "key.pem")) {
            _ = try material(good.certificatePEM, other.keyPEM)
        }
        var broken = good.certificatePEM
        broken[broken.count / 2] = UInt8(ascii: "!")
        do {
            _ = try material(broken, good.keyPEM)
            Issue.record("a broken certificate was read")
        } catch {
            guard case .malformedCertificate(let label, _) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(label == "cert.pem")
        }
        broken = good.keyPEM
        broken[broken.count / 2] = UInt8(ascii: "!")
        do {
            _ = try material(good.certificatePEM, broken)
            Issue.record("a broken key was read")
        } catch {
            #expect(error.description.hasPrefix("key.pem: "))
        }
    }

    @Test func anEncryptedKeyNeedsItsPassphrase() throws {
        let pair = try KeyMaterial(
            certificatePEM: encryptedPair.certificate, keyPEM: encryptedPair.key, certificateLabel: "c",
            keyLabel: "k", passphrase: "open sesame")
        #expect(pair.keyType == "EC")
        for wrong in [nil, "", "no"] as [String?] {
            #expect(throws: TLSError.encryptedPrivateKey(label: "k")) {
                _ = try KeyMaterial(
                    certificatePEM: encryptedPair.certificate, keyPEM: encryptedPair.key, certificateLabel: "c",
                    keyLabel: "k", passphrase: wrong)
            }
        }
    }

    @Test func warningsTellWhatIsComing() throws {
        let pair = try material(good.certificatePEM, good.keyPEM)
        #expect(pair.warnings(at: pair.notAfter.adding(seconds: 1)) == ["cert.pem: the certificate has expired"])
        #expect(pair.warnings(at: UnixTime(seconds: 0)) == ["cert.pem: the certificate is not valid yet"])
        #expect(
            pair.warnings(at: pair.notAfter.adding(seconds: -5 * 86_400)) == [
                "cert.pem: the certificate expires in 5 days"
            ])
    }

    @Test func aWeakKeyIsRefusedByTheContext() throws {
        let pair = try material(weakPair.certificate, weakPair.key)
        do {
            _ = try TLSContext.server(.init(certificates: [pair]))
            Issue.record("a key of 1024 bits was accepted")
        } catch {
            #expect(error == .certificateRefused(label: "cert.pem", reason: "ee key too small"))
        }
    }

    @Test func contextsNameWhatTheyDoNotUnderstand() {
        #expect(throws: TLSError.noServerCertificate) { _ = try TLSContext.server(.init(certificates: [])) }
        #expect(throws: TLSError.noAuthorities) { _ = try serverContext { $0.clientCertificates = .required } }
        #expect(throws: TLSError.badList(name: "ciphers", value: "NONSENSE")) {
            _ = try serverContext { $0.ciphers = "NONSENSE" }
        }
        #expect(throws: TLSError.badList(name: "cipher suites", value: "NONSENSE")) {
            _ = try serverContext { $0.cipherSuites = "NONSENSE" }
        }
        #expect(throws: TLSError.badList(name: "groups", value: "NONSENSE")) {
            _ = try serverContext { $0.groups = "NONSENSE" }
        }
        #expect(throws: TLSError.noCertificate(label: "ca.pem")) {
            _ = try clientContext { $0.trust = .authorities(TrustedAuthorities(pem: [1, 2, 3], label: "ca.pem")) }
        }
    }
}
