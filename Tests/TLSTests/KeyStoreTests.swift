import COpenSSL
import Testing

@testable import TLS

/// Keys that a token keeps, here one of SoftHSM. One test at a time: a token has one login for the whole process.
@Suite(
    .serialized, .enabled(if: SoftToken.isAvailable, "needs softhsm2, opensc and libengine-pkcs11-openssl")
)
struct KeyStoreTests {
    private let token = SoftToken.shared
    private var goodPIN: String { "pin-value=\(SoftToken.pin)" }

    private func failure(_ uri: String) -> String {
        do throws(TLSError) {
            _ = try KeyStore.open(uri: uri)
            return "none"
        } catch {
            guard case .keyStore(let label, let reason) = error else { return "\(error)" }
            #expect(!"\(error)".contains(SoftToken.pin) && !label.contains("0000"))
            return reason
        }
    }

    // What is wrong is told before the first good login: a token that is logged in asks for no PIN again.
    @Test func whatIsWrongIsNamed() {
        #expect(failure(token.uri("object=made", "")).contains("without a PIN; add ?pin-source="))
        #expect(failure(token.uri("object=made", "pin-value=0000")) == "the PIN is wrong; it was tried once")
        #expect(
            failure(token.uri("object=made", "pin-source=\(token.path("wrong-pin"))"))
                == "the PIN is wrong; it was tried once")
        #expect(
            failure(token.uri("object=made", "pin-source=\(token.path("nothing"))"))
                == "its PIN cannot be read from \(token.path("nothing")): No such file or directory")
        #expect(failure(token.uri("object=absent", goodPIN)).contains("no such private key in any token"))
        #expect(failure("pkcs11:token=another;object=made?\(goodPIN)").contains("no such private key in any token"))
        #expect(failure("pkcs11:token=\(SoftToken.name)?\(goodPIN)").contains("name one with object= or id="))
        #expect(failure("tpm2:object=made").contains("no OpenSSL provider knows \"tpm2:\""))
    }

    @Test(arguments: ["object=made", "id=%02", "object=made;type=private"])
    func aKeyIsOpened(object: String) throws {
        for query in [goodPIN, "pin-source=\(token.path("pin"))", "pin-source=file://\(token.path("pin"))"] {
            let key = try KeyStore.open(uri: token.uri(object, query))
            #expect(key.type == "EC")
            #expect(!key.label.contains(SoftToken.pin))
        }
    }

    @Test(arguments: [("made", TLSVersion.tls12), ("made", .tls13), ("brought", .tls12), ("brought", .tls13)])
    func aTokenAndAKeyHolderServeHandshakes(object: String, version: TLSVersion) throws {
        let key = try KeyStore.open(uri: token.uri("object=\(object)", goodPIN))
        let certificate = unsafe certificateForLocalhost(publicKey: key.pointer)
        let held = Held([key])
        let material = try KeyMaterial(
            certificatePEM: certificate, key: RemoteKey(channel: held.channel, index: 0), certificateLabel: "cert",
            keyLabel: key.label)
        let link = try Link(
            server: serverContext { $0.certificates = [material] },
            client: clientContext {
                $0.certificate = material
                $0.maximumVersion = version
            })
        try link.connect()
        #expect(link.client.peerIdentity == material.identity)
    }

    @Test(arguments: TLSVersion.allCases)
    func aTokenServesHandshakesInOneProcess(version: TLSVersion) throws {
        for object in ["made", "brought"] {
            let key = try KeyStore.open(uri: token.uri("object=\(object)", goodPIN))
            let material = try KeyMaterial(
                certificatePEM: unsafe certificateForLocalhost(publicKey: key.pointer), key: key,
                certificateLabel: "cert")
            #expect(material.keyType == key.type && material.keyLabel == key.label)
            let link = try Link(
                server: serverContext { $0.certificates = [material] },
                client: clientContext { $0.maximumVersion = version })
            try link.connect()
        }
    }

    @Test func anotherCertificateIsNotItsOwn() throws {
        let key = try KeyStore.open(uri: token.uri("object=made", goodPIN))
        for kind in [KeyKind.p256, .rsa2048] {
            #expect(throws: TLSError.keyMismatch(certificate: "cert", key: key.label)) {
                _ = try KeyMaterial(
                    certificatePEM: IssuedKey[kind].certificatePEM, key: key, certificateLabel: "cert")
            }
        }
    }
}

/// Stores of files, which need no token.
@Suite struct FileStoreTests {
    @Test func whatHoldsNoKeyIsNamed() {
        do throws(TLSError) {
            _ = try KeyStore.open(uri: "file:/nowhere/key.pem")
            Issue.record("opened")
        } catch {
            #expect(error.description.hasPrefix("file:/nowhere/key.pem: the private key cannot be opened: "))
        }
        #expect(throws: TLSError.self) { _ = try KeyStore.open(uri: "file:/etc/hostname") }
        #expect(throws: TLSError.self) { _ = try KeyStore.open(uri: "no URI") }
    }
}
