// Why a client of the front door gets an answer of this proxy instead of the upstream's, and which.
//
// What it shares with the bridge is decided by Bridge/FailureMapping.swift. No answer holds an address of the upstream.
internal import Bridge
internal import HTTP1
internal import Reactor

/// Why a request is not answered by the upstream: one case for each misdeed.
enum GatewayFailure: Error, CustomStringConvertible {
    /// Refused for a reason that the bridge has, too: bad HTTP, the gate, draining, plain HTTP.
    case shared(BridgeFailure)
    /// No route leads from this path.
    case notFound
    /// Where the path leads is known only once the provider has answered.
    case notYetKnown
    /// The client stopped in the middle of its request's body.
    case bodyTimedOut
    /// The upstream can't be reached.
    case unreachable(StreamDialError)
    /// The upstream's socket can't be watched; why.
    case unwatchable(reason: String)
    /// The upstream didn't answer in time, or didn't take the request in time.
    case silent
    /// What the upstream sent is no usable answer; why.
    case unusable(reason: String)

    /// For the log.
    var description: String {
        switch self {
        case .shared(let failure): failure.description
        case .notFound: "no route for this path"
        case .notYetKnown: "the provider's endpoints are not known yet"
        case .bodyTimedOut: "the request's body stopped coming"
        case .unreachable(let error): error.description
        case .unwatchable(let reason): reason
        case .silent: "the upstream did not answer in time"
        case .unusable(let reason): "the upstream's answer is unusable: \(reason)"
        }
    }

    /// Whether it is the upstream that failed.
    var isOfUpstream: Bool {
        switch self {
        case .unreachable, .unwatchable, .silent, .unusable: true
        case .shared, .notFound, .notYetKnown, .bodyTimedOut: false
        }
    }

    /// The answer.
    func answer(_ challenge: Challenge) -> HTTPAnswer {
        switch self {
        case .shared(let failure):
            FailureMapping.answer(to: failure, challenge: challenge)
        case .notFound:
            HTTPAnswer(404, "there is nothing at this path")
        case .notYetKnown:
            HTTPAnswer(
                503, "the identity provider cannot be reached yet; try again later",
                fields: ["Retry-After": String(challenge.retryAfter)])
        case .bodyTimedOut:
            HTTPAnswer(408, "the request's body did not arrive in time")
        case .unreachable(let error):
            error.isTimeout
                ? HTTPAnswer(504, "the upstream did not take the connection in time")
                : HTTPAnswer(502, "the upstream cannot be reached")
        case .unwatchable:
            HTTPAnswer(502, "the upstream cannot be reached")
        case .silent:
            HTTPAnswer(504, "the upstream did not answer in time")
        case .unusable:
            HTTPAnswer(502, "the upstream's answer is unusable")
        }
    }
}
