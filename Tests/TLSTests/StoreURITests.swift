import Testing

@testable import TLS

/// URIs of keys, and what of them may be seen.
@Suite struct StoreURITests {
    @Test(arguments: [
        ("pkcs11:token=a;object=b?pin-value=12%2034", "12 34", "pkcs11:token=a;object=b"),
        ("PKCS11:token=a;object=b;pin-value=1;type=private", "1", "PKCS11:token=a;object=b;type=private"),
        ("pkcs11:id=%01?module-name=x&pin-value=1", "1", "pkcs11:id=%01?module-name=x"),
        ("pkcs11:pin-value=1;object=b", "1", "pkcs11:;object=b"),
        ("pkcs11:object=b?PIN-VALUE=1&x=y", "1", "pkcs11:object=b&x=y"),
    ])
    func thePINIsTakenOut(text: String, pin: String, bare: String) throws {
        let uri = try StoreURI(text)
        #expect(uri.scheme == "pkcs11")
        #expect(uri.pin == pin)
        #expect(uri.bare == bare)
        #expect(uri.complete == text)
        #expect(uri.label.contains("pin-value=…"))
        #expect(uri.namesObject)
        #expect(try uri.readPIN() == pin)
    }

    @Test func withoutAPINNothingChanges() throws {
        let text = "pkcs11:token=a%20b;object=c?module-path=/usr/lib/x.so"
        let uri = try StoreURI(text)
        #expect(uri.bare == text && uri.label == text && uri.pin == nil && uri.pinSource == nil)
        #expect(try uri.readPIN() == nil)
        #expect(try !StoreURI("pkcs11:token=object").namesObject)
    }

    @Test func thePINsSourceIsShown() throws {
        let uri = try StoreURI("pkcs11:object=c?pin-source=/etc/pin%20file")
        #expect(uri.pinSource == "/etc/pin file")
        #expect(uri.bare == "pkcs11:object=c")
        #expect(uri.label == "pkcs11:object=c?pin-source=/etc/pin%20file")
    }

    @Test(arguments: ["%", "%1", "%zz", "%00", "%ff", "12%+1"])
    func aBadPINIsNotShown(pin: String) {
        do throws(TLSError) {
            _ = try StoreURI("pkcs11:object=c?pin-value=secret\(pin)")
            Issue.record("accepted")
        } catch {
            #expect(!error.description.contains("secret"))
        }
    }

    @Test(arguments: ["|cat /etc/pin", "pin", "file:pin", "", "/dev/null", "/proc/self/environ"])
    func aSourceIsAFileWithAPIN(source: String) throws {
        let uri = try StoreURI("pkcs11:object=c?pin-source=\(source)")
        #expect(throws: TLSError.self) { _ = try uri.readPIN() }
    }

    @Test func aSchemeIsNeeded() {
        #expect(throws: TLSError.self) { _ = try StoreURI("key.pem") }
    }
}
