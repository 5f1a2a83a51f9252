/// The section `mockServers`: what `secure-proxy-mock` listens at. The daemon doesn't use it.
public struct MockServerSettings: Equatable, Sendable {
    /// `tcpServerPort`: the echo application's port, default 9000.
    public var tcpServerPort = Defaults.mockTCPPort
    /// `oAuthServerPort`: the OAuth server's port, default 10080.
    public var oauthServerPort = Defaults.mockOAuthPort

    /// The defaults.
    public init() {}

    mutating func read(_ section: Section) {
        section.port("tcpServerPort", &tcpServerPort)
        section.port("oAuthServerPort", &oauthServerPort)
        if tcpServerPort == oauthServerPort {
            section.problem(
                "oAuthServerPort", "both mock servers would listen at port \(oauthServerPort)",
                remedy: "write another port")
        }
    }
}
