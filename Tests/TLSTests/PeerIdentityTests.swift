import Bytes
import TLS
import Testing

/// Names read from certificates; those that could deceive do not count.
@Suite struct PeerIdentityTests {
    @Test func aCertificateInAFileIsRead() throws {
        let identity = try PeerIdentity(certificatePEM: rsaPair.certificate, label: "rsa")
        #expect(identity.commonName == "localhost")
        #expect(identity.dnsNames == ["localhost"])
        #expect(identity.uris.isEmpty && identity.ipAddresses.isEmpty && identity.emails.isEmpty)
        #expect(identity.organizationalUnits.isEmpty)
        #expect(identity.subject == "CN=localhost")
        #expect(identity.fingerprint.allSatisfy(\.isHexDigit) && identity.fingerprint.count == 64)
    }

    @Test func namesWithANullAreLeftOut() throws {
        let identity = try PeerIdentity(certificatePEM: nullNamePair.certificate, label: "trick")
        #expect(identity.dnsNames == ["harmless.example"])
        #expect(identity.commonName == nil)
    }

    @Test func whatIsNoCertificateIsNamed() {
        #expect(throws: TLSError.noCertificate(label: "x.pem")) {
            _ = try PeerIdentity(certificatePEM: Array("nothing".utf8), label: "x.pem")
        }
    }
}
