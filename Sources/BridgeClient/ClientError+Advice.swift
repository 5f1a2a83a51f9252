internal import HTTP1
internal import Reactor
internal import System
internal import TLS

extension ClientError {
    /// What the user may do about it, where that can be said.
    public var advice: String? {
        switch self {
        case .dial(.failed(_, let error), _): Self.advice(connecting: error)
        case .dial(.unresolvable, _): "Is the host's name right? Give it, or an address, with --address."
        case .dial(.timedOut, _):
            "Nothing answered: is the address right, and does a firewall or security group let this port through?"
        case .tlsHandshake(let failure, _): Self.advice(handshake: failure)
        case .trust: "Give a file with PEM certificates with --ca."
        case .closedEarly, .connection: "The proxy's log says why; is it a proxy that listens there?"
        case .refused(let response): Self.advice(status: response.status)
        case .http: "Does something else than the proxy listen on this port?"
        case .timedOut: "Is the machine overloaded, or does something else listen there? --timeout gives it longer."
        case .preparing(_, let error): error.advice
        case .setup, .upgrade, .webSocket, .ended, .unexpected, .misuse: nil
        }
    }

    /// Whether trying again later may help: the proxy may be starting still.
    var mayPass: Bool {
        switch self {
        case .dial, .closedEarly, .connection, .timedOut: true
        case .tlsHandshake(let failure, _): failure.kind == .closedDuringHandshake || failure.kind == .transport
        case .refused(let response): [502, 503, 504].contains(response.status)
        case .preparing(_, let error): error.mayPass
        case .setup, .trust, .http, .upgrade, .webSocket, .ended, .unexpected, .misuse: false
        }
    }

    private static func advice(connecting error: SystemError) -> String? {
        switch error.code {
        case Errno.connectionRefused:
            "Is the proxy running, and are --address and the port right? With --wait 30 the client waits for it."
        case Errno.timedOut: "Does a firewall or security group let this port through?"
        default: "Can this machine reach that address?"
        }
    }

    private static func advice(handshake failure: TLSFailure) -> String? {
        switch failure.kind {
        case .untrustedCertificate:
            "Give the authority that issued the proxy's certificate, or the certificate itself when it is self-signed, "
                + "with --ca FILE; on your own machine --insecure skips the check."
        case .nameMismatch:
            "The certificate is for another name: use that as --address, or give it with --server-name."
        case .notTLS, .plainHTTP: "This port does not speak TLS: are the port numbers right?"
        case .versionNotAllowed, .noSharedCipher, .noSharedGroup, .noSharedSignatureAlgorithm:
            "The server's TLS settings leave nothing in common with this client (TLS 1.2 and 1.3)."
        case .peerAlert: "The server refused; does it ask for a client certificate?"
        case .closedDuringHandshake, .transport: "Is it a TLS port, and is the proxy healthy? Its log says more."
        default: nil
        }
    }

    private static func advice(status: Int) -> String? {
        switch status {
        case 401, 403:
            "The proxy refused the token: does it trust the issuer, and are audience, scopes and clocks as it expects?"
        case 400, 405, 426: "Is it the proxy's wss port? The request was an ordinary WebSocket upgrade."
        case 404: "Is it the proxy that listens on this port?"
        case 502: "The proxy could not reach what is behind it: is the TCP application, or the OAuth server, running?"
        case 503: "The proxy has no keys from the provider yet, is full or is shutting down: try again later."
        case 504: "What is behind the proxy did not answer in time."
        default: nil
        }
    }
}
