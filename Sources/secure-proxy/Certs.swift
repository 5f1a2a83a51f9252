import ArgumentParser
import Daemon

struct Certs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make certificates for trying things out.",
        discussion: """
            Without --ca: a self-signed certificate, servercert.pem and serverkey.pem. With --ca: an authority \
            (cacert.pem, cakey.pem) and certificates that it issued to the server (servercert.pem) and to a client \
            (clientcert.pem), for mutual TLS. Keys are ECDSA P-256, not encrypted, readable by their owner only.
            """)

    @Option(name: [.customLong("out"), .customShort("o")], help: "The directory that the files go into.")
    var directory = "certs"

    @Option(
        help:
            "A host name that the server's certificate is for; may be repeated. (default: localhost, 127.0.0.1 and ::1)"
    )
    var name: [String] = []

    @Option(help: "An IP address that it is for; may be repeated.")
    var ip: [String] = []

    @Option(help: "Days of validity; browsers refuse more than 397.")
    var days = 397

    @Flag(help: "Make an authority, and certificates for a server and a client.")
    var ca = false

    @Option(help: "The common name of the client's certificate.")
    var client = "client"

    @Flag(help: "Replace files that are there.")
    var force = false

    func run() throws {
        try Commands.makeCertificates(
            CertsOptions(
                directory: directory, names: name, addresses: ip, days: days, withAuthority: ca, client: client,
                force: force)
        ).exit()
    }
}
