import Bridge
import OIDC
import Settings
import System
import TLS
import Testing

@testable import Daemon

@Suite struct AccessValuesTests {
    /// 2026-01-31T12:00:00.123Z
    private static let time: Int64 = 1_769_860_800_123_000_000
    private let tunnel = AccessValues(event: .tunnel(LogReports.tunnel()), time: time)

    private func answer(_ report: AnswerReport) -> AccessValues {
        AccessValues(event: .answer(report), time: Self.time)
    }

    @Test(arguments: [
        (AccessVariable.remoteAddress, "192.0.2.7"), (.remotePort, "40001"), (.timeLocal, "31/Jan/2026:12:00:00 +0000"),
        (.timeISO8601, "2026-01-31T12:00:00+00:00"), (.milliseconds, "1769860800.123"), (.pid, "\(ThisProcess.id)"),
        (.request, "GET /ws HTTP/1.1"), (.requestMethod, "GET"), (.requestURI, "/ws"), (.uri, "/ws"),
        (.serverProtocol, "HTTP/1.1"), (.status, "101"), (.bodyBytesSent, "22"), (.requestTime, "1.520"),
        (.host, "proxy.example"), (.tlsProtocol, "TLSv1.3"), (.tlsCipher, "TLS_AES_256_GCM_SHA384"),
        (.tlsServerName, "proxy.example"), (.tlsSessionReused, "."), (.serverPort, "10000"), (.listener, "desktop"),
        (.upstreamAddress, "127.0.0.1:5900"), (.upstreamConnectTime, "0.003"), (.upstreamResponseTime, "1.500"),
        (.upstreamBytesSent, "11"), (.upstreamBytesReceived, "22"), (.closeCode, "1000"), (.closeSent, "1000"),
        (.closeReceived, "1000"), (.closedBy, "client"), (.reason, "client closed with 1000"),
    ])
    func saysOfATunnel(variable: AccessVariable, expected: String) {
        #expect(tunnel[variable] == expected)
    }

    @Test(arguments: [
        AccessVariable.remoteUser, .arguments, .referer, .userAgent, .forwardedFor, .origin, .upstreamStatus, .subject,
        .clientID, .tokenID, .tlsClientSubject, .tlsClientSerial, .tlsClientFingerprint, .tlsClientNames,
    ])
    func saysNothingOfWhatIsNotThere(variable: AccessVariable) {
        #expect(tunnel[variable] == nil)
    }

    @Test func aTunnelWithoutAReasonHasItsEnd() {
        let values = AccessValues(event: .tunnel(LogReports.tunnel(end: .backendFinished, reason: "")), time: 0)
        #expect(values[.reason] == "backend finished")
        #expect(values[.closedBy] == "backend")
    }

    @Test func saysOfARefusal() {
        let values = answer(LogReports.answer(403, LogReports.request("/ws?token=secret")))
        #expect(values[.status] == "403")
        #expect(values[.request] == "GET /ws?[redacted] HTTP/1.1")
        #expect(values[.uri] == "/ws")
        #expect(values[.arguments] == "[redacted]")
        #expect(values[.requestTime] == "0.007")
        #expect(values[.reason] == "invalid token: expired")
        #expect(values[.bodyBytesSent] == "33")
        for variable in [AccessVariable.upstreamAddress, .upstreamStatus, .upstreamBytesSent, .closeCode, .closedBy] {
            #expect(values[variable] == nil)
        }
    }

    @Test func saysWhatPassedWithTheUpstream() {
        var upstream = AnswerReport.Upstream()
        #expect(answer(LogReports.answer(502, upstream: upstream))[.upstreamConnectTime] == nil)
        upstream.status = 200
        upstream.timeToConnect = .milliseconds(4)
        upstream.responseTime = .seconds(61)
        upstream.bytesSent = 5
        upstream.bytesReceived = 6
        let values = answer(LogReports.answer(200, upstream: upstream))
        #expect(values[.upstreamAddress] == "127.0.0.1:5900")
        #expect(values[.upstreamStatus] == "200")
        #expect(values[.upstreamConnectTime] == "0.004")
        #expect(values[.upstreamResponseTime] == "61.000")
        #expect(values[.upstreamBytesSent] == "5")
        #expect(values[.upstreamBytesReceived] == "6")
    }

    @Test func aConnectionWithoutARequestHasItsAddress() {
        let values = answer(LogReports.answer(400, RequestRecord()))
        #expect(values[.remoteAddress] == "192.0.2.7")
        #expect(values[.request] == nil)
        #expect(values[.requestURI] == nil)
    }

    @Test func aReasonHoldsNoToken() {
        #expect(answer(LogReports.answer(reason: "bad eyJhbGci.x.y"))[.reason] == "bad [redacted]")
    }

    @Test func namesWhoHoldsTheClientsCertificate() throws {
        let request = CertificateRequest(
            commonName: "robot", names: [.dns("a.example"), .uri("spiffe://b")], now: Clock.unix, days: 1)
        let made = try CertificateAuthority.selfSigned(request)
        var tls = LogReports.tls
        tls.client = try PeerIdentity(certificatePEM: made.certificatePEM, label: "client")
        let values = answer(LogReports.answer(tls: tls))
        #expect(values[.remoteUser] == "robot")
        #expect(values[.tlsClientSubject]?.contains("CN=robot") == true)
        #expect(values[.tlsClientNames] == "DNS:a.example,URI:spiffe://b")
        #expect(values[.tlsClientFingerprint]?.count == 64)
        #expect(values[.tlsClientSerial]?.isEmpty == false)
    }
}
