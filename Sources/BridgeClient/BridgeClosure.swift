public import WebSocket

/// How an open WebSocket ended.
public struct BridgeClosure: Sendable, CustomStringConvertible {
    /// The server's Close frame; nil where none came.
    public var received: CloseStatus?
    /// Whether this end sent its Close frame before it saw the server's.
    public var startedHere: Bool
    /// How the bytes below ended.
    public var transport: ChannelEnd

    /// The code by the rules of RFC 6455 section 7.1.5: the one received, 1005 for a Close without one, 1006 without a
    /// Close.
    public var code: CloseCode { received.map { $0.code ?? .noStatusReceived } ?? .abnormalClosure }

    /// The server's words; empty where there are none.
    public var reason: String { received?.reason ?? "" }

    /// Whether both ends closed the WebSocket and TLS ended in order.
    public var isOrderly: Bool {
        guard received != nil, case .finished = transport else { return false }
        return true
    }

    /// The same in words.
    public var description: String {
        var text = received == nil ? "without a Close frame" : "Close \(code)"
        if !reason.isEmpty { text += " \"\(Printable.line(reason))\"" }
        switch transport {
        case .finished: break
        case .truncated: text += ", TLS cut off"
        case .failed(let error): text += ", \(error)"
        }
        return text
    }
}

/// How a connection to the bridge ended, open or not.
public enum BridgeEnd: Sendable {
    /// The server answered the request with something else than 101.
    case refused(HTTPResponse)
    /// The WebSocket was open, and has ended.
    case closed(BridgeClosure)
    /// There was no WebSocket, or the server broke its rules.
    case failed(ClientError)

    /// The same as an error.
    var error: ClientError {
        switch self {
        case .refused(let response): .refused(response)
        case .closed(let closure): .ended(closure)
        case .failed(let error): error
        }
    }
}
