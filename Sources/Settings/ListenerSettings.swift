public import JSON

/// What a listener does with its connections.
public enum ListenerKind: String, CaseIterable, Equatable, Sendable {
    /// WebSocket in, raw TCP out.
    case bridge
    /// The OAuth front door: `/configuration`, `/token`, `/authorize`.
    case oauth
    /// A reverse proxy for HTTP.
    case proxy
}

/// Whether a client is asked for a certificate.
public enum ClientCertificateMode: String, CaseIterable, Equatable, Sendable {
    /// It isn't asked.
    case none
    /// It is asked, and what it shows is verified; it may show none.
    case optional
    /// It has to show a valid one.
    case required
}

/// One listener, complete: what the file says of it, with the sections `proxySettings`, `backend`, `oidc`, `tls` and
/// `gateway` as defaults.
public struct ListenerSettings: Equatable, Sendable {
    /// `name`: names it in logs and metrics. `wss` and `oauth` are those that `proxySettings` makes.
    public var name: String
    /// `kind`: what it does, default `bridge`.
    public var kind: ListenerKind
    /// `address`: where it listens, default all addresses.
    public var address = BindAddress.any
    /// `ports`: the ports it listens at.
    public var ports: PortRange
    /// `backend`: where a bridge's connections go.
    public var backend: BackendSettings
    /// `upstream`: where requests to a front door or a reverse proxy go; nil for a bridge.
    public var upstream: WebAddress?
    /// What is asked of a token.
    public var policy: TokenPolicySettings
    /// `tls.clientCertificate`: whether clients are asked for a certificate.
    public var clientCertificate: ClientCertificateMode
    /// `tls.clientCA`: the file with the authorities that client certificates are verified with.
    public var clientCA: String?

    /// Where a bridged connection to `port` goes; nil for a port that isn't this listener's.
    public func endpoint(for port: UInt16) -> Endpoint? {
        ports.ports.contains(port) ? backend.endpoint(for: port) : nil
    }

    mutating func read(_ section: Section, _ directory: String) {
        section.address("address", &address)
        section.section("backend") { backend.read($0) }
        section.webAddress("upstream", &upstream, originOnly: true)
        policy.read(section)
        section.section("tls") { tls in
            tls.choice("clientCertificate", &clientCertificate)
            tls.file("clientCA", &clientCA, from: directory)
        }
    }
}

/// What a listener asks of a token.
public struct TokenPolicySettings: Equatable, Sendable {
    /// `tokenRequired`: whether a request needs a token at all; default for a bridge true, otherwise false.
    public var tokenRequired = true
    /// `audience`: values of which the audience claim has to hold one; empty: any audience.
    public var audience: [String] = []
    /// `requiredScopes`: scopes that the token has to have, all of them.
    public var requiredScopes: [String] = []
    /// `requiredClaims`: claims that the token has to have.
    public var requiredClaims: [ClaimRequirement] = []

    /// Any valid token.
    public init() {}

    mutating func read(_ section: Section) {
        section.flag("tokenRequired", &tokenRequired)
        readClaims(section)
    }

    mutating func readClaims(_ section: Section) {
        section.texts("audience", &audience)
        section.texts("requiredScopes", &requiredScopes)
        section.claims("requiredClaims", &requiredClaims)
    }
}

/// A claim that a token has to have.
public struct ClaimRequirement: Equatable, Sendable {
    /// The claim's name.
    public var name: String
    /// Texts, whole numbers or truth values of which the claim has to be one, or to contain one where it is a list.
    public var values: [JSONValue]

    /// A claim and the values that do.
    public init(name: String, values: [JSONValue]) {
        self.name = name
        self.values = values
    }
}

extension Section {
    /// Reads claims and the values they must have: `{ "token_use": "access", "groups": ["admins", "staff"] }`.
    fileprivate func claims(_ name: String, _ target: inout [ClaimRequirement]) {
        guard has(name) else {
            _ = value(name, .table, default: [:])
            return
        }
        var claims: [ClaimRequirement] = []
        table(name) { claim, value, place in
            let elements = value.array ?? [value]
            for (index, element) in elements.enumerated() {
                switch element {
                case .string, .integer, .bool: break
                default:
                    report.problem(
                        value.array == nil ? place : place.appending(index),
                        "\(Section.quoted(element)) can't be compared with a claim",
                        remedy: "write a text, a whole number, true or false, or a list of them")
                }
            }
            if elements.isEmpty {
                report.problem(place, "no value would do", remedy: "name at least one value, or leave the claim out")
            }
            claims.append(ClaimRequirement(name: claim, values: elements))
        }
        target = claims
    }
}
