import Testing

@testable import Bridge

@Suite struct BridgeContextTests {
    /// 4 bytes of header and the payload fill whole records of 16,384 bytes where the limit allows at least one.
    @Test(arguments: [
        (1, 1), (125, 125), (16_379, 16_379), (16_380, 16_380), (16_384, 16_380), (32_763, 16_380), (32_764, 32_764),
        (32_768, 32_764), (65_535, 65_532),
    ])
    func framesFillRecords(limit: Int, payload: Int) {
        #expect(BridgeContext.payloadFillingRecords(limit) == payload)
        #expect(payload <= limit)
    }

    /// What is read from a backend at a time makes full frames at the default limit, with no small one behind.
    @Test func aReadMakesWholeFrames() {
        let payload = BridgeContext.payloadFillingRecords(BridgeLimits().outgoingFrameSize)
        #expect(WorkerBuffers.payloadCapacity % payload == 0)
    }
}
