internal import Telemetry

/// The four lines of nginx's `stub_status`, which scripts for the predecessor read.
enum StubStatus {
    /// The text. Connections that were turned away at a limit count as accepted but not as handled, as with nginx.
    static func render(_ total: MetricsSnapshot) -> [UInt8] {
        let accepted = total.sum(.connections)
        let (handled, underflow) = accepted.subtractingReportingOverflow(total.sum(.connectionsRefused))
        let requests = total.sum(.upgrades) &+ total.sum(.gatewayRequests)
        // nginx's own spelling, blanks at line ends included: scripts match it by patterns.
        return Array(
            ("Active connections: \(total[.connectionsActive]) \nserver accepts handled requests\n"
                + " \(accepted) \(underflow ? 0 : handled) \(requests) \nReading: \(total[.connectionsReading]) "
                + "Writing: \(total[.connectionsWriting]) Waiting: \(total[.connectionsWaiting]) \n").utf8)
    }
}
