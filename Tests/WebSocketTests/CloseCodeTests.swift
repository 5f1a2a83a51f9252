import Testing
import WebSocket

@Suite struct CloseCodeTests {
    @Test("RFC 6455 7.4: which of all 65,536 numbers may stand in a Close frame")
    func validity() {
        let registered: Set<UInt16> = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014]
        for number in UInt16.min...UInt16.max {
            let expected = registered.contains(number) || (3000...4999).contains(number)
            if CloseCode(rawValue: number).isValidOnWire != expected { Issue.record("code \(number)") }
        }
    }

    @Test func names() {
        #expect(CloseCode.normalClosure.rawValue == 1000)
        #expect(CloseCode.goingAway.rawValue == 1001)
        #expect(CloseCode.protocolError.rawValue == 1002)
        #expect(CloseCode.unsupportedData.rawValue == 1003)
        #expect(CloseCode.noStatusReceived.rawValue == 1005)
        #expect(CloseCode.abnormalClosure.rawValue == 1006)
        #expect(CloseCode.invalidPayload.rawValue == 1007)
        #expect(CloseCode.policyViolation.rawValue == 1008)
        #expect(CloseCode.messageTooBig.rawValue == 1009)
        #expect(CloseCode.mandatoryExtension.rawValue == 1010)
        #expect(CloseCode.internalError.rawValue == 1011)
        #expect(CloseCode.serviceRestart.rawValue == 1012)
        #expect(CloseCode.tryAgainLater.rawValue == 1013)
        #expect(CloseCode.badGateway.rawValue == 1014)
        #expect(CloseCode.tlsHandshake.rawValue == 1015)
        #expect("\(CloseCode.goingAway)" == "1001")
    }
}
