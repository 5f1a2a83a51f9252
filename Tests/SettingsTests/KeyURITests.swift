import Settings
import Testing

@Suite struct KeyURITests {
    private func key(_ text: String, directory: String? = "/etc/sp") throws -> CertificateFiles {
        let tls = try load(
            #"{"tls": {"certificate": "a.pem", "key": "\#(text)"}, \#(Sample.provider)}"#, directory: directory
        ).tls
        return try #require(tls.certificates.first)
    }

    @Test(arguments: [
        "pkcs11:token=proxy;object=tls;type=private", "PKCS11:object=tls?pin-source=file:/etc/sp/pin",
        "handle:0x81000000", "file:/etc/sp/key.pem",
    ])
    func aURIIsKeptAsWritten(text: String) throws {
        let pair = try key(text)
        #expect(pair.key == text)
        #expect(pair.keyURI == text)
        #expect(pair.keyName == text)
    }

    @Test(arguments: [
        ("key.pem", "/etc/sp/key.pem"), ("/srv/a:b.pem", "/srv/a:b.pem"), ("certs/x:y", "/etc/sp/certs/x:y"),
        ("key.pem:old", "/etc/sp/key.pem:old"), ("c:key", "/etc/sp/c:key"), (":key", "/etc/sp/:key"),
        ("1x:key", "/etc/sp/1x:key"), ("pkcs11", "/etc/sp/pkcs11"),
    ])
    func everythingElseIsAFile(text: String, path: String) throws {
        let pair = try key(text)
        #expect(pair.key == path)
        #expect(pair.keyURI == nil)
        #expect(pair.keyName == path)
    }

    @Test(arguments: [
        ("pkcs11:object=tls?pin-value=1234", "pkcs11:object=tls?pin-value=…"),
        ("pkcs11:pin-value=12%3B34;object=tls", "pkcs11:pin-value=…;object=tls"),
        ("pkcs11:object=tls?module-name=x&PIN-VALUE=1:2", "pkcs11:object=tls?module-name=x&pin-value=…"),
        ("pkcs11:object=pin-value?pin-value=a&pin-value=b", "pkcs11:object=pin-value?pin-value=…&pin-value=…"),
    ])
    func aPINIsNeverShown(text: String, shown: String) throws {
        let pair = try key(text)
        #expect(pair.key == text)
        #expect(pair.keyName == shown)
    }

    @Test func aPINInTheFileIsWarnedOf() throws {
        let settings = try load(
            with: #""tls": {"certificate": "a.pem", "key": "pkcs11:object=tls?pin-value=1234"}"#)
        #expect(
            settings.warnings.last
                == "tls: the key pkcs11:object=tls?pin-value=… has its PIN in the settings file: write it into a file that root "
                + "alone can read and name that with pin-source=file:/path")
        let careful = try load(
            with: #""tls": {"certificate": "a.pem", "key": "pkcs11:object=tls?pin-source=file:/etc/sp/pin"}"#)
        #expect(careful.warnings.count == settings.warnings.count - 1)
    }

    @Test func soMayTheKeysForProviderAndUpstreamBe() throws {
        let text = #"""
            {"oidc": {"discovery": "https://id.example.com/x", "certificate": "c.pem", "key": "pkcs11:object=o"},
             "gateway": {"certificate": "c.pem", "key": "pkcs11:object=g?pin-value=1"}}
            """#
        let settings = try load(text, directory: "/etc/sp")
        #expect(settings.oidc.key == "pkcs11:object=o")
        #expect(settings.gateway.key == "pkcs11:object=g?pin-value=1")
        #expect(settings.warnings.contains { $0.hasPrefix("gateway: the key pkcs11:object=g?pin-value=… has its PIN") })
        #expect(settings.singleProcessProblem?.hasPrefix("oidc: the key pkcs11:object=o is used") == true)
    }

    @Test func theListTakesThemToo() throws {
        let tls = try load(
            with: #""tls": {"certificates": [{"certificate": "a.pem", "key": "pkcs11:object=a"}]}"#
        ).tls
        #expect(tls.certificates.map(\.keyURI) == ["pkcs11:object=a"])
    }
}
