// Which series what happens on the bridge belongs to.

internal import Reactor
internal import Telemetry
internal import WebSocket

extension Counter {
    /// The series of an upgrade request answered with `status`.
    static func upgrade(_ status: Int) -> Counter {
        switch status {
        case 101: .upgrade101
        case 400: .upgrade400
        case 401: .upgrade401
        case 403: .upgrade403
        case 405: .upgrade405
        case 408: .upgrade408
        case 413: .upgrade413
        case 414: .upgrade414
        case 417: .upgrade417
        case 426: .upgrade426
        case 431: .upgrade431
        case 501: .upgrade501
        case 502: .upgrade502
        case 503: .upgrade503
        case 504: .upgrade504
        case 505: .upgrade505
        default: .upgradeOther
        }
    }

    /// The series of tunnels that ended this way.
    static func ended(_ end: TunnelEnd) -> Counter {
        switch end {
        case .clientClose: .endedByClientClose
        case .clientGone: .endedByClientGone
        case .clientViolation: .endedByClientViolation
        case .backendFinished: .endedByBackendFinished
        case .backendReset: .endedByBackendReset
        case .proxy: .endedByProxy
        }
    }

    /// The series of what a tunnel's clock has come to.
    static func due(_ action: DueAction) -> Counter {
        switch action {
        case .ping: .pingsSent
        case .pingUnanswered: .timeoutPong
        case .idle: .timeoutIdle
        case .backendStalled: .timeoutBackendStalled
        case .clientStalled: .timeoutClientStalled
        case .tokenExpired: .timeoutTokenExpired
        case .lifetimeReached: .timeoutLifetime
        case .closeOverdue: .timeoutClose
        }
    }

    /// The series of a Close frame that was sent; nil: none was.
    static func closeSent(_ code: CloseCode?) -> Counter {
        switch code {
        case .normalClosure: .closeSent1000
        case .goingAway: .closeSent1001
        case .protocolError: .closeSent1002
        case .unsupportedData: .closeSent1003
        case .noStatusReceived: .closeSent1005
        case nil: .closeSent1006
        case .invalidPayload: .closeSent1007
        case .policyViolation: .closeSent1008
        case .messageTooBig: .closeSent1009
        case .internalError: .closeSent1011
        default: .closeSentOther
        }
    }

    /// The series of a Close frame that came; nil: none did.
    static func closeReceived(_ code: CloseCode?) -> Counter {
        switch code {
        case .normalClosure: .closeReceived1000
        case .goingAway: .closeReceived1001
        case .protocolError: .closeReceived1002
        case .unsupportedData: .closeReceived1003
        case .noStatusReceived: .closeReceived1005
        case nil: .closeReceived1006
        case .invalidPayload: .closeReceived1007
        case .policyViolation: .closeReceived1008
        case .messageTooBig: .closeReceived1009
        case .internalError: .closeReceived1011
        default: .closeReceivedOther
        }
    }

    /// The series of a dial to a backend that came to nothing.
    static func backendDial(_ error: DialError) -> Counter {
        switch error {
        case .unresolvable: .backendDialUnresolvable
        case .timedOut: .backendDialTimedOut
        case .failed: error.isRefusal ? .backendDialRefused : .backendDialFailed
        }
    }
}

extension MetricsSlot {
    /// Counts a tunnel that has ended.
    ///
    /// - Parameters:
    ///   - sent: whether a Close frame was sent; the report's code is nil for one without a code too.
    ///   - received: whether one came.
    func count(_ report: TunnelReport, sent: Bool, received: Bool) {
        add(.ended(report.end))
        observe(.tunnel, report.duration)
        add(.closeSent(sent ? report.closeCodeSent ?? .noStatusReceived : nil))
        add(.closeReceived(received ? report.closeCodeReceived ?? .noStatusReceived : nil))
    }
}
