public import HTTP1
public import Reactor
public import TLS
public import WebSocket

/// Why a client did not get what it wanted; one case for each thing that goes wrong.
public enum ClientError: Error {
    /// Something of our own could not be made: the event loop, the resolver, TLS.
    case setup(String)
    /// The certificates to trust cannot be used.
    case trust(TLSError)
    /// No TCP connection came about.
    case dial(DialError, endpoint: String)
    /// The TLS handshake failed.
    case tlsHandshake(TLSFailure, endpoint: String)
    /// The connection broke later.
    case connection(TransportError)
    /// The peer closed the connection when more was due.
    case closedEarly(awaiting: String)
    /// The peer's answer breaks HTTP's rules.
    case http(HTTPError)
    /// The server answered with another status than the one that goes on: not 101 to an upgrade, for example.
    case refused(HTTPResponse)
    /// The server's 101 is not one for this request.
    case upgrade(String)
    /// The server broke the WebSocket protocol.
    case webSocket(WebSocketError)
    /// The WebSocket ended when more was due.
    case ended(BridgeClosure)
    /// Time ran out.
    case timedOut(awaiting: String, after: Duration)
    /// The server's answer makes no sense here: what was expected, and what came.
    case unexpected(String)
    /// An error in a step that had to be done first; what the step was for.
    indirect case preparing(String, ClientError)
    /// The client was used in an order that means nothing.
    case misuse(String)
}

extension ClientError: CustomStringConvertible {
    /// What happened, in words.
    public var description: String {
        switch self {
        case .setup(let reason): "cannot start: \(reason)"
        case .trust(let error): "the certificates to trust cannot be used: \(error)"
        case .dial(.failed(_, let error), let endpoint): "cannot connect to \(endpoint): \(error)"
        case .dial(let error, let endpoint): "cannot connect to \(endpoint): \(error)"
        case .tlsHandshake(let failure, let endpoint): "no TLS with \(endpoint): \(failure)"
        case .connection(let error): "the connection broke: \(error)"
        case .closedEarly(let awaited): "the server closed the connection instead of sending \(awaited)"
        case .http(let error): "the server's answer is not proper HTTP: \(error)"
        case .refused(let response):
            "the server answered \(response.status) \(response.head.reason)"
                + (response.body.isEmpty ? "" : ": \(Printable.line(response.body))")
        case .upgrade(let reason): "the server's 101 is not valid: \(reason)"
        case .webSocket(let error): "the server broke the WebSocket protocol: \(error)"
        case .ended(let closure): "the WebSocket ended: \(closure)"
        case .timedOut(let awaited, let duration): "no \(awaited) within \(Printable.duration(duration))"
        case .unexpected(let what): what
        case .preparing(let purpose, let error): "\(purpose): \(error)"
        case .misuse(let what): what
        }
    }
}
