// The answers of this proxy in words: what `secure-proxy explain answers` prints and docs/ANSWERS.md holds (a test
// compares them). What is sent is decided elsewhere: Bridge/FailureMapping.swift for requests, WebSocketError for frames.

/// One answer that peers may see, what it means, and who can do what about it.
struct Answer {
    /// Status or close code.
    let code: String
    /// When it is given.
    let when: String
    /// What the client should do.
    let client: String
    /// What the operator should do; empty: nothing.
    let `operator`: String

    init(_ code: String, _ when: String, client: String, operator: String = "") {
        (self.code, self.when, self.client, self.operator) = (code, when, client, `operator`)
    }

    /// Answers to requests, before there is a tunnel.
    static let statuses = [
        Answer("101", "the token is good and the backend is connected", client: "go on: binary frames from here on"),
        Answer(
            "400",
            "not a WebSocket upgrade, or HTTP's rules are broken: bad Host or key, folded or malformed fields, a "
                + "length with chunked, a body on the upgrade; subprotocols offered and `binary` not among them; plain HTTP "
                + "on the TLS port",
            client: "mend the request (the body says what); use wss:// or https://; offer `binary` or no subprotocol",
            operator: "see whether a proxy in between removes Upgrade and Connection"),
        Answer(
            "403 (or 401, see oidc.rejectStatus)",
            "no token, or a bad one: malformed, unknown key, wrong signature, issuer "
                + "or audience, expired; more than one token",
            client: "get a new token; `WWW-Authenticate` says what is wrong",
            operator: "`secure-proxy token check` explains a token claim by claim"),
        Answer(
            "403 with error=\"insufficient_scope\"", "the token is good, but a required scope or claim is missing",
            client: "ask for a token with more scopes", operator: "compare requiredScopes and requiredClaims"),
        Answer(
            "404", "OAuth front door: no such path", client: "use /configuration, /token or /authorize",
            operator: "add the path to gateway.routes"),
        Answer("405", "an upgrade with another method than GET", client: "use GET"),
        Answer(
            "408", "the head of the request took longer than limits.headTimeout, or a body stopped coming",
            client: "send it at once",
            operator: "many of these are a slow network or a slow attack"),
        Answer(
            "413", "OAuth front door: the body is larger than gateway.maxRequestBody", client: "send less",
            operator: "raise gateway.maxRequestBody if such bodies are meant"),
        Answer(
            "414", "the target is longer than limits.maxTargetBytes", client: "send the token in the header instead",
            operator: "raise limits.maxTargetBytes for tokens in the query"),
        Answer("417", "an expectation other than 100-continue", client: "leave Expect out"),
        Answer("426", "a WebSocket version other than 13", client: "use version 13 (RFC 6455)"),
        Answer(
            "431", "the head is larger than limits.maxHeadBytes, or has more than limits.maxFields fields",
            client: "send fewer or smaller fields: cookies, most likely", operator: "raise the limit for large tokens"),
        Answer("501", "an unknown transfer coding, or a method that is too long", client: "send chunked, or a length"),
        Answer(
            "502", "the backend or upstream refuses, has no address, or gives an unusable answer",
            client: "try again later", operator: "start the application; `secure-proxy check --connect` tries it"),
        Answer(
            "503",
            "the provider's keys were never fetched, a limit of connections is reached, or the proxy is shutting "
                + "down",
            client: "try again after Retry-After seconds",
            operator: "the error log says which; provider: `check --connect`; limits: proxyWorkerConnections"),
        Answer(
            "504", "the backend or upstream did not answer in time", client: "try again later",
            operator: "look for a firewall that drops, or raise websockifyConnectTimeout, gateway.readTimeout"),
        Answer("505", "an HTTP version other than 1.0 and 1.1", client: "use HTTP/1.1"),
    ]

    /// Close codes, when there is a tunnel.
    static let closeCodes = [
        Answer(
            "1000",
            "the backend has finished, and everything it sent was delivered; or the answer to the client's own "
                + "close", client: "done"),
        Answer(
            "1001 \"idle timeout\"", "no data either way for websockifyReadTimeout", client: "connect again",
            operator: "raise websockifyReadTimeout; pings are no data"),
        Answer("1001 \"shutting down\"", "the proxy stops", client: "connect again, after a moment"),
        Answer(
            "1002",
            "the client broke RFC 6455: unmasked frame, reserved bits, unknown opcode, bad fragment order, bad "
                + "control frame, longer length than needed, bad close code",
            client: "mend the client; the reason says what", operator: "see whether compression was forced on"),
        Answer("1003", "a text frame", client: "send binary frames"),
        Answer("1007", "the reason of the client's close is not UTF-8", client: "mend the client"),
        Answer(
            "1008 \"token expired\"", "the token has expired", client: "get a new token and connect again",
            operator: "oidc.endWithToken and oidc.endGrace decide"),
        Answer(
            "1008 \"maximum lifetime reached\"", "the tunnel has lasted for limits.maxLifetime",
            client: "connect again",
            operator: "raise limits.maxLifetime"),
        Answer(
            "1009", "a frame larger than limits.maxFrameSize", client: "send smaller frames",
            operator: "raise limits.maxFrameSize"),
        Answer(
            "1011", "the backend's connection broke, or it took no data for websockifySendTimeout",
            client: "connect again", operator: "look at the application's own log"),
        Answer(
            "no code: the connection drops",
            "a ping unanswered for limits.pingTimeout, a client that took no data for "
                + "websockifySendTimeout, or a TLS handshake that failed or took longer than limits.handshakeTimeout",
            client: "answer pings, read; check CA and name of the certificate", operator: "the error log says which"),
    ]

    /// The page docs/ANSWERS.md.
    static var page: String {
        func table(_ answers: [Answer]) -> String {
            answers.reduce(into: "") { table, answer in
                table += "| \(answer.code) | \(answer.when) | \(answer.client) | \(answer.operator) |\n"
            }
        }
        return """
            # Answers

            What clients get to see when something is not as it should be, and what to do about it. Also:
            `secure-proxy explain answers`. An answer never holds a token, a key, or an address of provider or backend; those
            are in the error log.

            ## Instead of a tunnel: status codes

            Answers of the proxy itself are one line of plain text, and the connection is closed after them. Statuses not
            in this list come from the OAuth server behind the front door.

            | status | when | client | operator |
            |---|---|---|---|
            \(table(statuses))
            ## At the end of a tunnel: close codes

            | close code | when | client | operator |
            |---|---|---|---|
            \(table(closeCodes))
            """
    }

    /// The same for a terminal.
    static var text: String {
        func list(_ answers: [Answer]) -> String {
            answers.map { answer in
                var text = "  \(answer.code): \(answer.when)\n      client: \(answer.client)"
                if !answer.operator.isEmpty { text += "\n      operator: \(answer.operator)" }
                return text
            }.joined(separator: "\n")
        }
        return
            "Instead of a tunnel, a status:\n\(list(statuses))\n\nAt the end of a tunnel, a close code:\n\(list(closeCodes))"
    }
}
