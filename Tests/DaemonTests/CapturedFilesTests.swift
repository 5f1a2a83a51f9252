import Foundation
import Settings
import System
import TLS
import Testing

@testable import Daemon

@Suite struct CapturedFilesTests {
    let place: Workplace

    init() throws { place = try Workplace() }

    /// Every file that settings can name, and nothing else in the directory but the settings.
    private static let names = [
        "cert1.pem", "key1.pem", "cert2.pem", "key2.pem", "clients.pem", "more-clients.pem", "idp-ca.pem",
        "idp-cert.pem", "idp-key.pem", "up-ca.pem", "up-cert.pem", "up-key.pem",
    ]

    /// Real ones: whoever holds keys apart looks into the files. All have the same; keys take time to make.
    private static let issued = Result {
        try CertificateAuthority.selfSigned(
            CertificateRequest(commonName: "localhost", names: SubjectName.localhost, now: Clock.unix))
    }

    /// What the file `name` holds.
    private static func content(_ name: String) throws -> [UInt8] {
        let issued = try issued.get()
        return name.contains("key") ? issued.keyPEM : issued.certificatePEM
    }

    /// Settings that name all of them.
    private func settings(_ more: String = "") throws -> Settings {
        for name in Self.names { try File.write(try Self.content(name), to: place(name), permissions: 0o600) }
        let oidc = """
            "discovery": "https://idp.example/.well-known/openid-configuration", "ca": "idp-ca.pem",
            "certificate": "idp-cert.pem", "key": "idp-key.pem"
            """
        let file = try place.settings(
            oidc: oidc,
            """
            , "tls": { "certificates": [{ "certificate": "cert1.pem", "key": "key1.pem" },
                                        { "certificate": "cert2.pem", "key": "key2.pem" }],
                       "clientCertificate": "optional", "clientCA": "clients.pem" },
            "gateway": { "upstream": "https://idp.example", "ca": "up-ca.pem", "certificate": "up-cert.pem",
                         "key": "up-key.pem" },
            "listeners": [{ "name": "more", "ports": "\(try freePort())",
                            "tls": { "clientCertificate": "required", "clientCA": "more-clients.pem" } }]\(more)
            """)
        return try SettingsFile.load(file).get()
    }

    private var paths: Set<String> { Set(Self.names.map { place($0) }) }
    private var keys: Set<String> { Set(["key1.pem", "key2.pem", "idp-key.pem", "up-key.pem"].map { place($0) }) }

    // MARK: Reading

    @Test func theDiskIsReadAsItIs() throws {
        let path = try place.write("one", to: "file")
        #expect(try CapturedFiles.disk.read(path) == Array("one".utf8))
        try place.write("two", to: "file")
        #expect(try CapturedFiles.disk.read(path) == Array("two".utf8))
    }

    @Test func whatWasCapturedStaysAndNothingElseIsRead() throws {
        let path = try place.write("disk", to: "file")
        let other = try place.write("disk", to: "other")
        let captured = CapturedFiles(contents: [path: [1, 2]], heldKeys: [:], trusted: nil)
        #expect(try captured.read(path) == [1, 2])
        let error = #expect(throws: SystemError.self) { try captured.read(other) }
        #expect(error == SystemError("open", other, code: Errno.noEntry))
    }

    // MARK: Capturing

    @Test func everyFileThatSettingsNameIsCaptured() throws {
        let captured = try CapturedFiles.capture(try settings())
        #expect(Set((captured.contents ?? [:]).keys) == paths)
        for name in Self.names { #expect(try captured.read(place(name)) == (try Self.content(name))) }
        #expect(captured.heldKeys.isEmpty)
        #expect(captured.heldContents.isEmpty)
    }

    @Test func aMissingFileIsNamed() throws {
        let settings = try settings()
        for path in paths.sorted() {
            let content = try File.read(path)
            try File.remove(path)
            let error = #expect(throws: SystemError.self) { try CapturedFiles.capture(settings) }
            #expect(error?.subject == path)
            try File.write(content, to: path, permissions: 0o600)
        }
    }

    @Test func authoritiesOfClientsThatAreNotAskedAreNotNeeded() throws {
        var settings = try settings()
        for index in settings.listeners.indices { settings.listeners[index].clientCertificate = .none }
        try File.remove(place("clients.pem"))
        try File.remove(place("more-clients.pem"))
        let captured = try CapturedFiles.capture(settings)
        #expect(
            paths.subtracting((captured.contents ?? [:]).keys).map { $0.suffix(11) }.sorted() == [
                "/clients.pem".suffix(11), "clients.pem",
            ])
    }

    // MARK: Held keys

    @Test func isolatedKeysAreNumberedAndNotAmongTheFiles() throws {
        var settings = try settings()
        settings.security.keyIsolation = true
        let captured = try CapturedFiles.capture(settings)
        #expect(Set(captured.heldKeys.keys) == keys)
        #expect(captured.heldKeys.values.sorted() == [0, 1, 2, 3])
        #expect(Set((captured.contents ?? [:]).keys) == paths.subtracting(keys))
        #expect(Set(captured.heldContents.keys) == keys)
        for key in keys { #expect(throws: SystemError.self) { try captured.read(key) } }
        for key in keys { #expect(captured.heldContents[key] == (try Self.issued.get().keyPEM)) }
        // The master checks them all; what workers are given holds none.
        for path in paths { #expect(try captured.withHeldContents.read(path) == (try File.read(path))) }
        #expect(captured.withHeldContents.heldKeys.isEmpty)
        let document = HandOver(settingsFile: "/p", settingsText: [], files: captured)
        let arrived = try HandOver(parsing: document.serialized())
        #expect(arrived.files.heldContents.isEmpty)
        #expect(arrived.files.contents == captured.contents)
        #expect(arrived.files.heldKeys == captured.heldKeys)
    }

    /// Certificate and key may share a file, of which workers get the certificates.
    @Test func whatAWorkerIsGivenOfASharedFileHasNoKey() throws {
        var settings = try settings()
        settings.security.keyIsolation = true
        let issued = try Self.issued.get()
        let both = place("cert1.pem")
        let chain = issued.certificatePEM + issued.certificatePEM
        let text = Array("who: localhost\n".utf8) + issued.keyPEM + chain
        try File.write(text, to: both, permissions: 0o600)
        settings.tls.certificates[0] = CertificateFiles(certificate: both, key: both)
        let captured = try CapturedFiles.capture(settings)
        #expect(try captured.read(both) == chain)
        #expect(captured.heldContents[both] == text)
        #expect(captured.heldKeys[both] != nil)
        #expect(try captured.withHeldContents.read(both) == text)
    }

    /// Authorities may share a file with a held key, whichever way its path is written.
    @Test func whatAWorkerIsGivenOfAuthoritiesBesideAHeldKeyHasNoKey() throws {
        var settings = try settings()
        settings.security.keyIsolation = true
        let issued = try Self.issued.get()
        let both = place("key1.pem")
        let text = issued.keyPEM + issued.certificatePEM
        try File.write(text, to: both, permissions: 0o600)
        try File.makeDirectory(place("sub"), permissions: 0o700)
        let roundabout = place("sub/../key1.pem")
        settings.listeners[0].clientCA = both
        settings.oidc.ca = roundabout
        let captured = try CapturedFiles.capture(settings)
        for path in [both, roundabout] { #expect(try captured.read(path) == issued.certificatePEM) }
        #expect(captured.heldContents[both] == text)
        #expect(try captured.withHeldContents.read(both) == text)
        // No key in any file at all.
        for content in (captured.contents ?? [:]).values {
            #expect(!String(decoding: content, as: UTF8.self).contains("PRIVATE KEY"))
        }
        // Without a key holder a worker has the key anyway and gets the file as it is.
        settings.security.keyIsolation = false
        #expect(try CapturedFiles.capture(settings).read(both) == text)
    }

    @Test func aFileWithoutCertificateIsNamedWhereKeysAreHeld() throws {
        var settings = try settings()
        settings.security.keyIsolation = true
        try place.write("nothing of use", to: "cert2.pem")
        let error = #expect(throws: TLSError.self) { try CapturedFiles.capture(settings) }
        #expect(error.map { "\($0)".contains(place("cert2.pem")) } == true)
    }

    @Test func aKeyThatTwoCertificatesShareHasOneNumber() throws {
        var settings = try settings()
        settings.security.keyIsolation = true
        settings.gateway.key = settings.oidc.key
        let captured = try CapturedFiles.capture(settings)
        #expect(captured.heldKeys.values.sorted() == [0, 1, 2])
    }

    @Test func aKeyInATokenIsAlwaysHeldAndNeverOpened() throws {
        var settings = try settings()
        let uri = "pkcs11:token=t;object=o"
        settings.tls.certificates[1] = CertificateFiles(certificate: place("cert2.pem"), key: uri)
        let captured = try CapturedFiles.capture(settings)
        #expect(captured.heldKeys == [uri: 0])
        #expect(captured.heldContents.isEmpty)
        #expect(captured.contents?[place("key2.pem")] == nil)
        #expect(captured.contents?[place("cert2.pem")] != nil)
        #expect(CapturedFiles.stamps(settings)[uri] == nil)
    }

    // MARK: The system's authorities

    @Test func theSystemsAuthoritiesComeWhereTheyAreNeeded() throws {
        let installed = CapturedFiles.systemAuthorities.first { File.exists($0) }
        let expected = try installed.map { try File.read($0) }
        #expect(try CapturedFiles.capture(try settings()).trusted == nil)
        var provider = try settings()
        provider.oidc.ca = nil
        #expect(provider.trustsSystem)
        #expect(try CapturedFiles.capture(provider).trusted == expected)
        var upstream = try settings()
        upstream.gateway.ca = nil
        #expect(upstream.trustsSystem)
        #expect(try CapturedFiles.capture(upstream).trusted == expected)
        // Over plain HTTP nobody's certificate is looked at.
        let plain = try SettingsFile.load(try place.settings()).get()
        #expect(!plain.trustsSystem)
    }

    // MARK: Changes

    @Test func theStampsTellOfEveryFileThatIsCaptured() throws {
        let settings = try settings()
        let before = CapturedFiles.stamps(settings)
        #expect(Set(before.keys) == paths)
        #expect(CapturedFiles.stamps(settings) == before)
        for path in paths.sorted() {
            let earlier = CapturedFiles.stamps(settings)
            try File.write(Array("renewed".utf8), to: path, permissions: 0o600)
            let later = CapturedFiles.stamps(settings)
            #expect(later.keys.filter { later[$0] != earlier[$0] } == [path])
        }
        let gone = place("key1.pem")
        try File.remove(gone)
        #expect(CapturedFiles.stamps(settings)[gone] == nil)
    }

    /// Only what these hold may be replaced under running tunnels; a server's files need a new generation.
    @Test func theListenersFilesAreTheirsAlone() throws {
        var settings = try settings()
        let theirs = Set(
            ["cert1.pem", "key1.pem", "cert2.pem", "key2.pem", "clients.pem", "more-clients.pem"].map {
                place($0)
            })
        #expect(settings.listenerFiles == theirs)
        settings.oidc.ca = place("clients.pem")
        settings.gateway.key = place("key1.pem")
        #expect(settings.listenerFiles == theirs.subtracting([place("clients.pem"), place("key1.pem")]))
    }
}
