import Testing

@testable import TLS

/// Keys that this process has.
@Suite struct PrivateKeyTests {
    @Test(arguments: KeyKind.allCases)
    func aKeyAndItsCertificate(kind: KeyKind) throws {
        let issued = IssuedKey[kind]
        let key = try PrivateKey(pem: issued.keyPEM, label: "k")
        #expect(key.type == kind.type)
        let material = try KeyMaterial(certificatePEM: issued.certificatePEM, key: key, certificateLabel: "c")
        #expect(material.keyPEM.isEmpty && material.keyLabel == "k" && material.keyType == kind.type)
        try Link(server: serverContext { $0.certificates = [material] }, client: clientContext()).connect()
        let other = IssuedKey[kind == .p256 ? .p384 : .p256]
        #expect(throws: TLSError.keyMismatch(certificate: "c", key: "k")) {
            _ = try KeyMaterial(certificatePEM: other.certificatePEM, key: key, certificateLabel: "c")
        }
    }

    @Test func anEncryptedKeyNeedsItsPassphrase() throws {
        #expect(throws: TLSError.encryptedPrivateKey(label: "k")) {
            _ = try PrivateKey(pem: encryptedPair.key, label: "k")
        }
        let key = try PrivateKey(pem: encryptedPair.key, label: "k", passphrase: "open sesame")
        #expect(key.type == "EC")
        #expect(throws: TLSError.noPrivateKey(label: "k")) { _ = try PrivateKey(pem: [], label: "k") }
    }
}
