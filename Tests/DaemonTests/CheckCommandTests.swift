import JSON
import MockServers
import System
import Testing

@testable import Daemon

@Suite struct CheckCommandTests {
    let place: Workplace
    let said = Said()

    init() throws { place = try Workplace() }

    private func check(_ file: String, offline: Bool = false, connects: Bool = false) -> ExitCode {
        Commands.check(options(file, offline: offline, connects: connects), output: said.output)
    }

    /// Without the trial, which would start this program again.
    private func options(_ file: String, offline: Bool = false, connects: Bool = false) -> CheckOptions {
        var options = CheckOptions(settingsFile: file, offline: offline, connects: connects)
        options.trial = { _, _, _ in [TrialLine(isBreach: false, words: "tried")] }
        return options
    }

    private func has(_ part: String) -> Bool { said.text.contains(part) }
    private func hasError(_ part: String) -> Bool { said.errorText.contains(part) }

    @Test func isContentWithGoodSettings() throws {
        let file = try place.settings()
        #expect(check(file) == .success)
        #expect(said.errors == [])
        #expect(said.lines.last == "\(file) is good")
        #expect(has("listener wss: bridge at *:"))
        #expect(has("-> 127.0.0.1:9"))
        #expect(has("lets in: token from header; any audience"))
        #expect(has("listener oauth: oauth at *:"))
        #expect(has("-> http://127.0.0.1:9, paths /configuration, /token, /authorize"))
        #expect(has("warning: oidc.audience is empty"))
    }

    @Test func leavesNothingBehind() throws {
        #expect(check(try place.settings()) == .success)
        #expect(try place.names == ["proxy.json"])
    }

    @Test func namesPlaceAndRemedyOfWrongSettings() throws {
        let file = try place.write(#"{ "oidc": { "discovery": "ftp://x" } }"#, to: "proxy.json")
        #expect(check(file) == .usage)
        #expect(said.lines == [])
        #expect(hasError("\(file):1:26: oidc.discovery: "))
    }

    @Test func saysThatThereIsNoFile() {
        #expect(check(place("none.json")) == .usage)
        #expect(hasError("error: cannot read the settings: open \(place("none.json"))"))
    }

    // MARK: Certificates

    @Test func announcesTheSelfSignedCertificate() throws {
        #expect(check(try place.settings()) == .success)
        #expect(has("warning: \(place("certs/servercert.pem")) is not there: a self-signed certificate for localhost"))
    }

    @Test func tellsOfTheCertificate() throws {
        try place.certificate(days: 100)
        let file = try place.settings(#", "tls": { "certificate": "cert.pem", "key": "key.pem" }"#)
        #expect(check(file) == .success)
        #expect(has("certificate \(place("cert.pem")): localhost, 127.0.0.1, ::1; EC; valid until 20"))
        #expect(!has("expires in"))
    }

    @Test func warnsOfACertificateThatEndsSoonAndOfAKeyThatOthersRead() throws {
        try place.certificate(days: 5)
        try File.write(try File.read(place("key.pem")), to: place("key.pem"), permissions: 0o644)
        let file = try place.settings(#", "tls": { "certificate": "cert.pem", "key": "key.pem" }"#)
        #expect(check(file) == .success)
        #expect(has("warning: \(place("cert.pem")): the certificate expires in 4 days"))
        #expect(has("warning: \(place("key.pem")): others than its owner may read the key; chmod 600 it"))
    }

    @Test func refusesAKeyOfAnotherCertificate() throws {
        try place.certificate()
        try File.write(try File.read(place("key.pem")), to: place("other.pem"), permissions: 0o600)
        try place.certificate()
        let file = try place.settings(#", "tls": { "certificate": "cert.pem", "key": "other.pem" }"#)
        #expect(check(file) == .usage)
        #expect(hasError("other.pem: this private key does not belong to the first certificate in"))
        #expect(!has("is good"))
    }

    @Test func refusesACertificateWithoutItsKey() throws {
        try place.certificate()
        let file = try place.settings(#", "tls": { "certificate": "cert.pem", "key": "missing.pem" }"#)
        #expect(check(file) == .usage)
        #expect(hasError("missing.pem"))
        #expect(hasError("ENOENT"))
    }

    @Test func tellsOfABadAuthorityOnce() throws {
        try place.write("nothing", to: "ca.pem")
        let file = try place.settings(#", "tls": { "clientCertificate": "optional", "clientCA": "ca.pem" }"#)
        #expect(check(file) == .usage)
        #expect(hasError("ca.pem: no certificate found"))
        #expect(has("client certificate optional"))
    }

    @Test func readsTheAuthoritiesOfTheProvider() throws {
        let oidc = #""discovery": "https://idp.example/.well-known/openid-configuration", "ca": "gone.pem""#
        #expect(check(try place.settings(oidc: oidc)) == .usage)
        #expect(said.errors == ["error: tls: open \(place("gone.pem")): No such file or directory (ENOENT)"])
    }

    // MARK: Logs

    @Test func refusesALogDirectoryThatIsAFile() throws {
        try place.write("", to: "logs")
        #expect(check(try place.settings()) == .usage)
        #expect(hasError("error: logs.directory: cannot write into \(place("logs"))"))
    }

    @Test func needsNoLogDirectoryForStandardError() throws {
        try place.write("", to: "logs")
        #expect(check(try place.settings(#", "logs": { "output": "stderr" }"#)) == .success)
    }

    // MARK: Ports

    @Test func warnsOfAPortInUse() throws {
        let socket = try Socket.listen(at: .anyLoopbackPort)
        let port = try Socket.localAddress(socket.number).port
        let file = try place.settings(
            #", "listeners": [{ "name": "more", "ports": "\#(port)", "address": "127.0.0.1" }]"#)
        #expect(check(file) == .success)
        #expect(has("warning: listener more: port \(port) in use, by a running secure-proxy perhaps"))
        let again = Said()
        #expect(Commands.check(options(file, offline: true), output: again.output) == .success)
        #expect(!again.text.contains("in use"))
    }

    @Test func refusesAnAddressOfAnotherMachine() throws {
        let file = try place.settings(
            #", "listeners": [{ "name": "more", "ports": "\#(try freePort())", "address": "192.0.2.1" }]"#)
        #expect(check(file) == .usage)
        #expect(hasError("error: listener more: cannot listen at port"))
        #expect(hasError("EADDRNOTAVAIL"))
    }

    // MARK: Connections

    @Test func connectsToEverything() throws {
        let provider = try Provider()
        let application = try TCPApplication(on: provider.host)
        let file = try place.settings(oidc: provider.oidc, backendPort: application.address.port)
        #expect(check(file, connects: true) == .success)
        #expect(said.errors == [])
        #expect(has("provider: issuer \(provider.server.issuer())"))
        #expect(has("  keys at \(provider.server.url(.jwks))"))
        #expect(has("  key \(provider.server.signingKey().keyID): RSA"))
        #expect(has("backend \(application.address): connected"))
    }

    @Test func failsWhenAConnectionFails() throws {
        let provider = try Provider()
        provider.server.fail(.jwks, with: MockOAuthFault(.garbage))
        let file = try place.settings(oidc: provider.oidc, backendPort: try freePort())
        #expect(check(file, connects: true) == .failure)
        #expect(hasError("error: provider: key set: not JSON"))
        #expect(hasError("ECONNREFUSED"))
        #expect(said.errors.last == "\(file) is good, but 2 connections failed")
    }

    @Test func keepsToTheConfiguredSizesOfDocuments() throws {
        let provider = try Provider()
        provider.server.fail(.discovery, with: MockOAuthFault(.oversize(bytes: 2000)))
        let file = try place.settings(oidc: provider.oidc, #", "limits": { "maxDiscoveryBytes": 1024 }"#)
        #expect(check(file, connects: true) == .failure)
        #expect(hasError("the provider's answer is larger than 1024 bytes"))
    }
}
