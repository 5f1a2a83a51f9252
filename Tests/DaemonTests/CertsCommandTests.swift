import Bytes
import Settings
import System
import TLS
import Testing

@testable import Daemon

@Suite struct CertsCommandTests {
    let place: Workplace
    let said = Said()

    init() throws { place = try Workplace() }

    private func make(_ change: (inout CertsOptions) -> Void = { _ in }) -> ExitCode {
        var options = CertsOptions(directory: place("new/certs"))
        change(&options)
        return Commands.makeCertificates(options, output: said.output)
    }

    private func material(_ name: String) throws -> KeyMaterial {
        let base = place("new/certs/\(name)")
        return try TLSMaterial.key("\(base)cert.pem", "\(base)key.pem")
    }

    @Test func makesASelfSignedCertificate() throws {
        #expect(make() == .success)
        let made = try material("server")
        #expect(made.identity.dnsNames == ["localhost"])
        #expect(made.identity.ipAddresses.count == 2)
        #expect(File.permissions(place("new/certs/serverkey.pem")) == 0o600)
        #expect(!File.exists(place("new/certs/cacert.pem")))
        let digits = made.identity.fingerprint.uppercased()
        let fingerprint = said.lines.first { $0.contains("SHA-256 fingerprint") }
        #expect(fingerprint?.hasSuffix(digits.suffix(2)) == true)
        #expect(fingerprint?.filter { $0 != ":" }.hasSuffix(" \(digits)") == true)
        #expect(said.text.contains("valid until \(LogTime(made.notAfter))"))
    }

    @Test func takesNamesAddressesAndDays() throws {
        let result = make {
            $0.names = ["proxy.example", "*.proxy.example"]
            $0.addresses = ["192.0.2.7"]
            $0.days = 10
        }
        #expect(result == .success)
        let made = try material("server")
        #expect(made.identity.commonName == "proxy.example")
        #expect(made.identity.dnsNames == ["proxy.example", "*.proxy.example"])
        #expect(made.identity.ipAddresses == ["192.0.2.7"])
        #expect(made.notAfter.seconds - made.notBefore.seconds == 10 * 86_400)
    }

    @Test func makesAnAuthorityWhoseCertificatesAContextTakes() throws {
        let result = make {
            $0.withAuthority = true
            $0.client = "operator"
        }
        #expect(result == .success)
        #expect(try material("client").identity.commonName == "operator")
        var options = TLSContext.ServerOptions(certificates: [try material("server")])
        options.clientCertificates = .required
        options.clientAuthorities = try TLSMaterial.authorities(place("new/certs/cacert.pem"))
        _ = try TLSContext.server(options)
        #expect(File.permissions(place("new/certs/cakey.pem")) == 0o600)
        #expect(try material("ca").notAfter > material("server").notAfter)
        #expect(said.text.contains(#""clientCertificate": "required""#))
    }

    @Test func overwritesNothingUnlessForced() throws {
        #expect(make() == .success)
        let before = try File.read(place("new/certs/servercert.pem"))
        #expect(make() == .failure)
        #expect(said.errorText.contains("would be overwritten"))
        #expect(try File.read(place("new/certs/servercert.pem")) == before)
        #expect(make { $0.force = true } == .success)
        #expect(try File.read(place("new/certs/servercert.pem")) != before)
        _ = try material("server")
    }

    @Test func writesNothingWhenOneFileIsInTheWay() throws {
        try File.makeDirectory(place("new/certs"), permissions: 0o755)
        try place.write("mine", to: "new/certs/clientkey.pem")
        #expect(make { $0.withAuthority = true } == .failure)
        #expect(!File.exists(place("new/certs/cacert.pem")))
        #expect(try place.text("new/certs/clientkey.pem") == "mine")
    }

    @Test func refusesWhatCannotBe() throws {
        #expect(make { $0.days = 0 } == .usage)
        #expect(make { $0.days = .max } == .usage)
        #expect(make { $0.names = ["a,b"] } == .usage)
        #expect(make { $0.addresses = ["localhost"] } == .usage)
        #expect(said.errors.count == 4)
        #expect(!File.exists(place("new")))
    }

    @Test func saysWhyItCannotWrite() throws {
        try place.write("", to: "new")
        #expect(make() == .failure)
        #expect(said.errorText.contains("error: "))
    }
}
