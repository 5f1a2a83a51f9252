import System
import Testing
import WebSocket

@testable import Bridge

@Suite struct TunnelReportTests {
    @Test(arguments: [
        (TunnelEnd.clientClose, TunnelSide.client), (.clientGone, .client), (.clientViolation, .client),
        (.backendFinished, .backend), (.backendReset, .backend), (.proxy, .proxy),
    ])
    func everyEndIsSomebodysAct(end: TunnelEnd, side: TunnelSide) {
        #expect(end.side == side)
    }

    @Test(arguments: [
        (TunnelEnd.clientClose, "3001"), (.backendFinished, "1000"), (.proxy, "1000"), (.clientGone, "1000"),
    ])
    func theCodeIsThatOfWhoeverClosed(end: TunnelEnd, code: String) throws {
        let report = TunnelReport(
            client: try #require(SocketAddress(literal: "192.0.2.7", port: 1)),
            route: RouteNames(listener: "a", port: 1, backend: "b:2"),
            request: RequestRecord(), tls: TLSFacts(), timeToUpgrade: .zero, timeToConnect: .zero, duration: .zero,
            bytesToBackend: 0, bytesToClient: 0, closeCodeSent: .normalClosure,
            closeCodeReceived: CloseCode(rawValue: 3001), end: end, reason: "")
        #expect(report.closeCode?.description == code)
    }
}
