// Which series the fate of a request is counted under. The names are in Telemetry/MetricName.swift.
internal import Bridge
internal import JOSE
internal import OIDC
internal import Reactor
internal import TLS
internal import Telemetry

/// What a dial by this module is for.
enum DialTarget {
    /// The origin of a front door or proxy.
    case upstream
    /// The identity provider.
    case provider
}

extension Counter {
    /// The series of connections to a listener of this kind.
    static func connection(_ kind: GatewayRoute.Kind) -> Counter {
        switch kind {
        case .oauth: .oauthConnections
        case .proxy: .proxyConnections
        }
    }

    /// The series of a request that a listener of this kind answered with `status`.
    static func request(_ kind: GatewayRoute.Kind, status: Int) -> Counter {
        switch (kind, status) {
        case (.oauth, ..<300): .oauthRequests2xx
        case (.oauth, ..<400): .oauthRequests3xx
        case (.oauth, ..<500): .oauthRequests4xx
        case (.oauth, _): .oauthRequests5xx
        case (.proxy, ..<300): .proxyRequests2xx
        case (.proxy, ..<400): .proxyRequests3xx
        case (.proxy, ..<500): .proxyRequests4xx
        case (.proxy, _): .proxyRequests5xx
        }
    }

    /// The series of a refusal; its label is ``GateRefusal/label``.
    static func gate(_ refusal: GateRefusal) -> Counter {
        switch refusal {
        case .noToken: .gateNoToken
        case .severalTokens: .gateSeveralTokens
        case .severalAuthorizations: .gateSeveralAuthorizations
        case .malformedCredentials: .gateMalformedCredentials
        case .tokenTooLarge: .gateTokenTooLarge
        case .malformedToken: .gateMalformedToken
        case .signature(.unsupportedAlgorithm), .signature(.algorithmNotAllowed): .gateAlgorithm
        case .signature(.badSignature): .gateSignature
        case .signature: .gateKey
        case .malformedClaims: .gateMalformedClaims
        case .wrongType: .gateType
        case .wrongIssuer: .gateIssuer
        case .wrongAudience: .gateAudience
        case .noExpiry: .gateNoExpiry
        case .expired: .gateExpired
        case .notYetValid: .gateNotYetValid
        case .issuedInFuture: .gateIssuedInFuture
        case .wrongTokenUse: .gateTokenUse
        case .missingClaim, .wrongClaim: .gateClaim
        case .missingScope: .gateScope
        }
    }

    /// The series of a dial that came to nothing.
    static func dial(_ target: DialTarget, _ error: StreamDialError) -> Counter {
        switch (target, error) {
        case (.upstream, .tls): .upstreamDialTLSFailed
        case (.upstream, .dial(.unresolvable)): .upstreamDialUnresolvable
        case (.upstream, .dial(.timedOut)): .upstreamDialTimedOut
        case (.upstream, .dial(.failed)): error.isRefusal ? .upstreamDialRefused : .upstreamDialFailed
        case (.provider, .tls): .providerDialTLSFailed
        case (.provider, .dial(.unresolvable)): .providerDialUnresolvable
        case (.provider, .dial(.timedOut)): .providerDialTimedOut
        case (.provider, .dial(.failed)): error.isRefusal ? .providerDialRefused : .providerDialFailed
        }
    }
}

extension StreamDialError {
    /// Whether nobody listens there.
    fileprivate var isRefusal: Bool { if case .dial(let error) = self { error.isRefusal } else { false } }
}

extension MetricsSlot {
    /// Counts what the gate said.
    func count(_ verdict: GateVerdict) {
        switch verdict {
        case .admitted(let admission):
            add(.gateAdmitted)
            if admission.isRemembered { add(.gateRemembered) }
        case .refused(let refusal): add(.gate(refusal))
        case .awaitKeys: add(.gateWaits)
        case .unavailable: add(.gateUnavailable)
        }
    }

    /// Counts a dial and the TLS handshake that belongs to it.
    func count(_ result: Result<Transport, StreamDialError>, of target: DialTarget) {
        switch result {
        case .success(let transport):
            add(target == .upstream ? .upstreamDialConnected : .providerDialConnected)
            if let tls = transport.tls { countHandshake(of: tls, .server) }
        case .failure(let error):
            add(.dial(target, error))
            if case .tls(.tls(let failure)) = error { countFailure(failure, .server) }
        }
    }
}
