import HTTP1
import TLS

@testable import BridgeClient

/// A test server that answers both as a bridge and as a front door, with knobs for what goes wrong.
struct MockProxy: Sendable {
    var configuration = Reply.json(
        #"{"issuer": "https://issuer.example", "jwks_uri": "https://issuer.example/jwks", "#
            + #""token_endpoint": "https://issuer.example/token"}"#)
    var token = Reply.json(#"{"access_token": "good-token", "token_type": "Bearer", "expires_in": 3600}"#)
    /// nil: a redirect back with a code and the state.
    var authorize: Reply?
    var socket = SocketScript()
    var rejection = Reply.text(403, "invalid jwt: the token is malformed", ["WWW-Authenticate": "Bearer"])
    var acceptsAnyToken = false

    func start() throws -> TestServer {
        let proxy = self
        return try TestServer { head, _ in proxy.answer(head) }
    }

    private func answer(_ head: RequestHead) -> Reply {
        switch head.path {
        case "/configuration": return configuration
        case "/token": return token
        case "/authorize":
            if let authorize { return authorize }
            let query = head.query ?? ""
            let state = (try? QueryParameters.values(named: "state", in: query))?.first ?? ""
            let back = (try? QueryParameters.values(named: "redirect_uri", in: query))?.first ?? ""
            return .text(302, "", ["Location": "\(back)?code=the-code&state=\(state)"])
        default:
            let isGood = head.fields.first("Authorization") == "Bearer good-token"
            return isGood || acceptsAnyToken ? .upgrade(socket) : rejection
        }
    }
}

extension TestServer {
    /// The server as bridge and front door.
    var scenarioOptions: ScenarioOptions {
        var options = ScenarioOptions()
        options.wssPort = port
        options.httpsPort = port
        options.trust = .authorities(pem: Self.certificate.certificatePEM, label: "test")
        options.timeout = .seconds(10)
        return options
    }
}
