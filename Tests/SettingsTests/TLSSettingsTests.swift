import Settings
import Testing

@Suite struct TLSSettingsTests {
    @Test func thePairComesBeforeTheList() throws {
        let tls = try load(
            with: #"""
                "tls": {"certificates": [{"certificate": "b.pem", "key": "b.key"}, {"certificate": "c.pem", "key": "c.key"}],
                        "certificate": "a.pem", "key": "a.key", "ciphers": "HIGH", "cipherSuites": "TLS_AES_128_GCM_SHA256",
                        "groups": "X25519", "clientCertificate": "optional", "clientCA": "ca.pem", "sessionTickets": 0,
                        "ticketKeyRotation": "1h", "reloadInterval": "10s", "recordLayer": "openssl"}
                """#
        ).tls
        #expect(tls.certificates.map(\.certificate) == ["a.pem", "b.pem", "c.pem"])
        #expect(tls.certificates.map(\.key) == ["a.key", "b.key", "c.key"])
        #expect([tls.ciphers, tls.cipherSuites, tls.groups] == ["HIGH", "TLS_AES_128_GCM_SHA256", "X25519"])
        #expect(tls.clientCertificate == .optional)
        #expect(tls.sessionTickets == 0)
        #expect(tls.ticketKeyRotation == .seconds(3600))
        #expect(tls.reloadInterval == .seconds(10))
        #expect(tls.minVersion == .tls12)
        #expect(tls.recordLayer == .openSSL)
    }

    @Test func certificatesAreLookedAtEveryMinute() {
        #expect(TLSSettings().reloadInterval == .seconds(60))
        #expect(TLSSettings().ticketKeyRotation == .seconds(43_200))
    }

    @Test func recordsAreOpenedHereUnlessOpenSSLIsAskedTo() throws {
        #expect(TLSSettings().recordLayer == .builtIn)
        #expect(try load(with: #""tls": {"recordLayer": "built-in"}"#).tls.recordLayer == .builtIn)
        #expect(try load(with: #""tls": {"recordLayer": "openssl"}"#).tls.recordLayer == .openSSL)
    }
}
