import Bytes
import Foundation
import Settings
import System
import TLS
import Testing

@testable import Daemon

@Suite struct TLSMaterialTests {
    let place: Workplace

    init() throws { place = try Workplace() }

    private let pair = #", "tls": { "certificate": "cert.pem", "key": "key.pem" }"#

    private func settings(_ sections: String) throws -> Settings {
        try SettingsFile.load(try place.settings(sections)).get()
    }

    /// What was captured, with nothing left on the disk that it could be read from.
    private func captured(_ settings: Settings, _ names: [String]) throws -> KeySupply {
        let supply = KeySupply(files: try CapturedFiles.capture(settings))
        for name in names { try File.remove(place(name)) }
        return supply
    }

    /// Whether a client that trusts `authority` takes a server with `material` for localhost.
    private func shakesHands(_ server: TLSContext, trusting authority: [UInt8]) throws -> Bool {
        let trust = TLSContext.ClientOptions(trust: .authorities(TrustedAuthorities(pem: authority, label: "test")))
        let (near, far) = try Socket.pair()
        let engine = try TLSEngine()
        let accepting = try TLSConnection(server, engine: engine, descriptor: near.number)
        let connecting = try TLSConnection(
            try .client(trust), engine: engine, descriptor: far.number, serverName: "localhost")
        var isDone = (false, false)
        for _ in 0..<20 where isDone != (true, true) {
            if !isDone.0 {
                switch connecting.handshake() {
                case .complete: isDone.0 = true
                case .failed: return false
                case .wantRead, .wantWrite: break
                }
                _ = connecting.flush()
            }
            if !isDone.1 {
                switch accepting.handshake() {
                case .complete: isDone.1 = true
                case .failed: return false
                case .wantRead, .wantWrite: break
                }
                _ = accepting.flush()
            }
        }
        withExtendedLifetime((near, far)) {}
        return isDone == (true, true)
    }

    // MARK: Captured files

    /// What a worker does: nothing is read from the disk, which in a jail has none of it.
    @Test func everythingIsMadeOfWhatWasCaptured() throws {
        try place.certificate()
        let certificate = try File.read(place("cert.pem"))
        try File.write(certificate, to: place("ca.pem"), permissions: 0o644)
        let settings = try settings(
            #"""
            , "tls": { "certificate": "cert.pem", "key": "key.pem", "clientCertificate": "optional",
                       "clientCA": "ca.pem" },
            "gateway": { "upstream": "https://localhost", "ca": "ca.pem", "certificate": "cert.pem",
                         "key": "key.pem" }
            """#)
        let supply = try captured(settings, ["cert.pem", "key.pem", "ca.pem"])
        let material = try TLSMaterial.load(settings, from: supply)
        #expect(material.certificates.map(\.certificateLabel) == [place("cert.pem")])
        for listener in settings.listeners {
            let context = try material.serverContext(listener, settings.tls)
            #expect(try shakesHands(context, trusting: certificate))
        }
        let gateway = settings.gateway
        _ = try TLSMaterial.clientContext(
            ca: gateway.ca, certificate: gateway.certificate, key: gateway.key, for: "gateway", from: supply)
        #expect(throws: StartError.self) {
            try TLSMaterial.clientContext(ca: gateway.ca, certificate: nil, key: nil, for: "gateway")
        }
    }

    /// The authorities of clients that nobody asks for a certificate aren't captured, so they mustn't be needed.
    @Test func unusedAuthoritiesOfClientsAreNotNeeded() throws {
        try place.certificate()
        let settings = try settings(
            #", "tls": { "certificate": "cert.pem", "key": "key.pem", "clientCA": "nowhere.pem" }"#)
        let material = try TLSMaterial.load(settings, from: try captured(settings, ["cert.pem", "key.pem"]))
        for listener in settings.listeners { _ = try material.serverContext(listener, settings.tls) }
    }

    @Test func whatWasNotCapturedIsNotReadFromTheDisk() throws {
        try place.certificate()
        let settings = try settings(pair)
        let nothing = KeySupply(files: CapturedFiles(contents: [:], heldKeys: [:], trusted: nil))
        let error = #expect(throws: StartError.self) { try TLSMaterial.load(settings, from: nothing) }
        #expect(error?.description.hasPrefix("tls: open \(place("cert.pem")): ") == true)
        // Nor is anything made up in its place.
        let none = try self.settings("")
        #expect(throws: StartError.self) { try TLSMaterial.load(none, from: nothing) }
        #expect(!File.exists(place("certs")))
    }

    @Test func theSystemsAuthoritiesAreThoseThatWereCaptured() throws {
        let files = CapturedFiles(contents: [:], heldKeys: [:], trusted: Array("no certificate".utf8))
        let error = #expect(throws: StartError.self) {
            try TLSMaterial.clientContext(
                ca: nil, certificate: nil, key: nil, for: "oidc", from: KeySupply(files: files))
        }
        #expect(error?.description.contains("oidc: the system's authorities") == true)
    }

    // MARK: Held keys

    @Test func aHeldKeySignsThroughItsHolder() throws {
        try place.certificate()
        let keyPEM = try File.read(place("key.pem"))
        let certificate = try File.read(place("cert.pem"))
        let settings = try settings(pair + #", "security": { "user": "nobody", "keyIsolation": true }"#)
        var supply = try captured(settings, ["cert.pem", "key.pem"])
        #expect(supply.files.heldKeys == [place("key.pem"): 0])

        let (ours, theirs) = try MessageChannel.ends()
        supply.holder = KeyHolderChannel(owning: ours.release())
        let number = theirs.release()
        Thread.detachNewThread {
            guard let key = try? PrivateKey(pem: keyPEM, label: "key.pem") else { return }
            try? KeyHolder(keys: [key]).serve(channels: [number])
        }
        let material = try TLSMaterial.load(settings, from: supply)
        #expect(material.certificates.first?.keyPEM == [])
        let listener = try #require(settings.listeners.first)
        #expect(try shakesHands(try material.serverContext(listener, settings.tls), trusting: certificate))
    }

    @Test func aHeldKeyWithoutAHolderIsNoStart() throws {
        try place.certificate()
        let settings = try settings(pair + #", "security": { "user": "nobody", "keyIsolation": true }"#)
        let supply = KeySupply(files: try CapturedFiles.capture(settings))
        let error = #expect(throws: StartError.self) { try TLSMaterial.load(settings, from: supply) }
        #expect(error?.description.contains("no key holder for \(place("key.pem"))") == true)
    }

    // MARK: The disk

    @Test func theSelfSignedCertificateIsMadeWhereNoneIs() throws {
        let settings = try settings("")
        let material = try TLSMaterial.load(settings)
        #expect(material.warnings.first?.contains("made a self-signed certificate for localhost") == true)
        #expect(File.permissions(place("certs/serverkey.pem")) == 0o600)
        let again = try TLSMaterial.load(settings)
        #expect(again.certificates.map(\.certificatePEM) == material.certificates.map(\.certificatePEM))
        #expect(!again.warnings.contains { $0.contains("made a self-signed") })
    }

    /// Half a pair is a mistake of somebody's, and not to be written over.
    @Test(arguments: ["cert.pem", "key.pem"])
    func halfAPairIsNotReplaced(_ missing: String) throws {
        try place.certificate()
        try File.remove(place(missing))
        let before = try place.names
        let settings = try settings(pair)
        let error = #expect(throws: StartError.self) { try TLSMaterial.load(settings) }
        #expect(error?.description.contains(place(missing)) == true)
        #expect(try place.names == (before + ["proxy.json"]).sorted())
    }

    @Test func aKeyInATokenIsNeverMissing() {
        #expect(!TLSMaterial.isMissing(CertificateFiles(certificate: place("no.pem"), key: "pkcs11:object=o")))
        #expect(TLSMaterial.isMissing(CertificateFiles(certificate: place("no.pem"), key: place("no-key.pem"))))
    }
}
