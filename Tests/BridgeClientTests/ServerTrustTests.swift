import System
import TLS
import Testing

@testable import BridgeClient

@Suite struct ServerTrustTests {
    @Test func aFileThatIsNotThereIsNamed() throws {
        #expect(throws: SystemError("open", "/nowhere/ca.pem", code: Errno.noEntry)) {
            try ServerTrust.file("/nowhere/ca.pem")
        }
    }

    @Test func aFileWithoutCertificatesIsToldBeforeConnecting() throws {
        let server = try TestServer { _, _ in .json("{}") }
        var endpoint = server.endpoint
        endpoint.security = .tls(.authorities(pem: Array("nothing".utf8), label: "ca.pem"))
        let client = try HTTPSClient(endpoint)
        let error = try clientError { () throws(ClientError) in _ = try client.get("/") }
        guard case .trust = error else { throw error }
        #expect(error.description.contains("ca.pem"))
    }

    @Test func whoVouchesIsWhoIsAsked() throws {
        let server = try TestServer { _, _ in .json("{}") }
        var endpoint = server.endpoint
        let runtime = try ClientRuntime()

        endpoint.security = .tls(.insecure)
        #expect(try HTTPSClient(endpoint, runtime: runtime).get("/").status == 200)

        endpoint.security = .tls(.system)
        let client = try HTTPSClient(endpoint, runtime: runtime)
        let error = try clientError { () throws(ClientError) in _ = try client.get("/") }
        guard case .tlsHandshake(let failure, _) = error else { throw error }
        #expect(failure.kind == .untrustedCertificate)
        #expect(error.advice?.contains("--ca") == true)
    }

    @Test func theCertificateHasToBearTheName() throws {
        let server = try TestServer { _, _ in .json("{}") }
        var endpoint = server.endpoint
        endpoint.serverName = "another.example"
        let client = try HTTPSClient(endpoint)
        let error = try clientError { () throws(ClientError) in _ = try client.get("/") }
        guard case .tlsHandshake(let failure, _) = error else { throw error }
        #expect(failure.kind == .nameMismatch)
        #expect(error.advice?.contains("--server-name") == true)

        endpoint.serverName = "localhost"
        #expect(try HTTPSClient(endpoint).get("/").status == 200)
    }
}
