internal import Bridge
internal import OIDC
internal import System
internal import WebSocket

/// What access lines say, with nginx's names where nginx has one. Never a query or a token.
enum AccessFields {
    /// Of a tunnel that ended: who, how long, how much, and how it ended.
    static func tunnel(_ report: TunnelReport) -> [(String, String)] {
        [
            ("remote_addr", report.client.host), ("remote_port", "\(report.client.port)"), ("status", "101"),
            ("sub", report.subject ?? ""), ("request_time", seconds(report.duration)),
            ("up_bytes_r", "\(report.bytesToBackend)"), ("up_bytes_s", "\(report.bytesToClient)"),
            ("close_sent", report.closeCodeSent?.description ?? ""),
            ("close_received", report.closeCodeReceived?.description ?? ""), ("end", report.end.rawValue),
            ("reason", report.reason),
        ]
    }

    /// Of a request that this proxy answered itself.
    static func answer(_ report: AnswerReport) -> [(String, String)] {
        [
            ("remote_addr", report.client.host), ("remote_port", "\(report.client.port)"),
            ("status", "\(report.status)"), ("request_method", report.method ?? ""),
            ("uri", TargetRedaction.redactPath(report.path ?? "")),
            ("request_time", seconds(report.duration)), ("reason", report.reason),
        ]
    }

    private static func seconds(_ duration: Duration) -> String {
        let milliseconds = duration.components.seconds * 1_000 + duration.components.attoseconds / 1_000_000_000_000_000
        return "\(milliseconds / 1_000).\(String(1_000 + milliseconds % 1_000).dropFirst())"
    }
}
