import HTTP1
import MockServers
import OIDC
import System
import TLS
import WebSocket

@testable import Bridge

/// Reports as the bridge and the front door make them.
enum LogReports {
    static let route = RouteNames(listener: "desktop", port: 10_000, backend: "127.0.0.1:5900")

    static var client: SocketAddress {
        SocketAddress(literal: "192.0.2.7", port: 40_001) ?? .anyLoopbackPort
    }

    /// TLS 1.3 without a client's certificate.
    static var tls: TLSFacts {
        var facts = TLSFacts()
        facts.version = .tls13
        facts.cipher = "TLS_AES_256_GCM_SHA384"
        facts.serverName = "proxy.example"
        return facts
    }

    static func request(_ target: String = "/ws", _ fields: HeaderFields = ["Host": "proxy.example"]) -> RequestRecord {
        RequestRecord(RequestHead(method: "GET", target: target, fields: fields))
    }

    /// A tunnel of 1.5 s that the client closed with 1000.
    static func tunnel(
        _ request: RequestRecord = request(), tls: TLSFacts = tls, end: TunnelEnd = .clientClose,
        reason: String = "client closed with 1000"
    ) -> TunnelReport {
        TunnelReport(
            client: client, route: route, request: request, tls: tls, timeToUpgrade: .milliseconds(20),
            timeToConnect: .milliseconds(3), duration: .milliseconds(1_500), bytesToBackend: 11, bytesToClient: 22,
            closeCodeSent: .normalClosure, closeCodeReceived: .normalClosure, end: end, reason: reason)
    }

    static func answer(
        _ status: Int = 403, _ request: RequestRecord = request(), tls: TLSFacts = tls,
        reason: String = "invalid token: expired", upstream: AnswerReport.Upstream? = nil
    ) -> AnswerReport {
        AnswerReport(
            client: client, route: route, request: request, tls: tls, status: status, bodyBytes: 33, upstream: upstream,
            reason: reason, duration: .milliseconds(7))
    }
}
