import MockServers
import Testing

@Suite struct MockHostTests {
    @Test func jobsRunInOrderOnOneThread() throws {
        let host = try MockHost()
        let first = host.perform { loop in ObjectIdentifier(loop) }
        let second = host.perform { loop in ObjectIdentifier(loop) }
        #expect(first != nil)
        #expect(first == second)
    }

    @Test func jobsAcceptedBeforeStopAreRun() throws {
        let host = try MockHost()
        let application = try TCPApplication(on: host)
        application.stop()
        host.stop()
        #expect(host.perform { _ in 1 } == nil)
        #expect(!host.post { _ in })
        host.stop()
    }
}
