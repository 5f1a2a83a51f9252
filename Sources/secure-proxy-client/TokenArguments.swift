internal import ArgumentParser
internal import BridgeClient
internal import System

/// How the client proves itself to the OAuth server.
struct ClientArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Ask for tokens with the client credentials grant. Where the secret is left out it is taken from the "
                + "environment variable SECURE_PROXY_CLIENT_SECRET.", valueName: "id[:secret]"))
    var clientCredentials: String?

    @Option(help: ArgumentHelp("The scopes to ask for, separated by spaces.", valueName: "scopes"))
    var scope: String?

    func validate() throws {
        if scope != nil, clientCredentials == nil { throw ValidationError("--scope needs --client-credentials.") }
        _ = try grant()
    }

    /// The grant that was asked for, if any.
    func grant() throws -> TokenGrant? {
        guard let clientCredentials else { return nil }
        let parts = clientCredentials.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let given = parts.count == 2 ? String(parts[1]) : nil
        guard let secret = given ?? ThisProcess.environment("SECURE_PROXY_CLIENT_SECRET"), !parts[0].isEmpty else {
            throw ValidationError(
                "--client-credentials: give id:secret, or the secret in SECURE_PROXY_CLIENT_SECRET.")
        }
        return .clientCredentials(clientID: String(parts[0]), clientSecret: secret, scope: scope)
    }
}

/// Where a tunnel's tokens come from.
struct TokenArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The token itself. Others on this machine can see it; SECURE_PROXY_TOKEN in the environment and "
                + "--token-file hide it.", valueName: "token"))
    var token: String?

    @Option(
        help: ArgumentHelp("The token is the first line of this file, read for each connection.", valueName: "file"))
    var tokenFile: String?

    @Flag(help: "Ask the OAuth server with a made-up code, which only a mock server accepts.")
    var mockToken = false

    @OptionGroup var client: ClientArguments

    func validate() throws {
        let given = [token != nil, tokenFile != nil, mockToken, client.clientCredentials != nil].filter { $0 }.count
        if given > 1 {
            throw ValidationError("--token, --token-file, --mock-token and --client-credentials exclude each other.")
        }
        if given == 0, ThisProcess.environment("SECURE_PROXY_TOKEN") == nil {
            throw ValidationError(
                "Where does the token come from? Give --token-file, --client-credentials, --token or SECURE_PROXY_TOKEN."
            )
        }
        if token?.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) == false {
            throw ValidationError("--token: a token has no spaces and no control characters.")
        }
    }

    /// The source that was chosen.
    func source(_ frontDoor: ClientEndpoint) throws -> TokenSource {
        if let token { return .fixed(token) }
        if let tokenFile { return .file(tokenFile) }
        if mockToken { return .grant(.sample(), frontDoor) }
        if let grant = try client.grant() { return .grant(grant, frontDoor) }
        return ThisProcess.environment("SECURE_PROXY_TOKEN").map { .fixed($0) } ?? .none
    }
}
