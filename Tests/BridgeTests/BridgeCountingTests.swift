import HTTP1
import Reactor
import System
import Telemetry
import Testing
import WebSocket

@testable import Bridge

@Suite struct BridgeCountingTests {
    private func label(_ counter: Counter) -> String { counter.series.values.last ?? "" }

    /// All statuses that anything but `other` is said for, and each status that the bridge answers with.
    @Test func upgradesAreCountedUnderTheirStatus() {
        for status in 100..<600 {
            let counter = Counter.upgrade(status)
            #expect(counter.series.name == .upgrades)
            #expect(label(counter) == "\(status)" || counter == .upgradeOther)
        }
        for error in HTTPErrorStatusTable.all { #expect(Counter.upgrade(error) != .upgradeOther, "\(error)") }
    }

    @Test func endsAreCountedUnderTheirName() {
        let ends: [TunnelEnd] = [
            .clientClose, .clientGone, .clientViolation, .backendFinished, .backendReset, .proxy,
        ]
        for end in ends {
            #expect(Counter.ended(end).series.name == .tunnelEnds)
            #expect(label(.ended(end)) == end.rawValue.replacing(" ", with: "_"))
        }
    }

    @Test func closeCodesAreCountedUnderTheirNumber() {
        for number in UInt16(0)...5000 {
            let code = CloseCode(rawValue: number)
            let (sent, received) = (Counter.closeSent(code), Counter.closeReceived(code))
            // 1006 is said for the absence of a Close frame; nothing that came may be counted as that.
            #expect(label(sent) == "\(number)" || (sent == .closeSentOther && number != 1000))
            #expect(sent.series.values.last == received.series.values.last)
            #expect(sent.series.values.first == "sent" && received.series.values.first == "received")
            #expect(label(sent) != "1006")
        }
        #expect(label(.closeSent(nil)) == "1006")
        #expect(label(.closeReceived(nil)) == "1006")
    }

    @Test func deadlinesAreCountedAsTimeoutsButForPings() {
        #expect(Counter.due(.ping) == .pingsSent)
        let limits: [DueAction] = [
            .pingUnanswered, .idle, .backendStalled, .clientStalled, .tokenExpired, .lifetimeReached, .closeOverdue,
        ]
        #expect(Set(limits.map { Counter.due($0) }).count == limits.count)
        for limit in limits { #expect(Counter.due(limit).series.name == .tunnelTimeouts) }
    }

    @Test func failedDialsAreCountedByReason() {
        let refused = SystemError("connect", code: Errno.connectionRefused)
        #expect(Counter.backendDial(.failed(address: "", refused)) == .backendDialRefused)
        #expect(Counter.backendDial(.failed(address: "", SystemError("connect", code: 113))) == .backendDialFailed)
        #expect(Counter.backendDial(.timedOut(after: .seconds(1))) == .backendDialTimedOut)
    }
}

/// The statuses that docs/ANSWERS.md names for bridge ports.
private enum HTTPErrorStatusTable {
    static let all = [101, 400, 401, 403, 405, 408, 414, 417, 426, 431, 501, 502, 503, 504, 505]
}
