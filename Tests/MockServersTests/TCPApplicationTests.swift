import Bytes
import MockServers
import System
import Testing

@Suite struct TCPApplicationTests {
    private let host: MockHost

    init() throws { host = try MockHost() }

    @Test func echoSendsBackEverythingAndThenFinishes() throws {
        let application = try TCPApplication(on: host)
        let sent = BytePattern.bytes(count: 8 * 1024 * 1024)
        let client = try TestClient(application.address)
        client.write(sent)
        try client.finish()
        let (received, ending) = try client.receiveToEnd().parts
        #expect(received == sent)
        #expect(ending == .finished)
        let report = try #require(application.reports(1).first)
        #expect(report.bytesReceived == UInt64(sent.count))
        #expect(report.bytesSent == UInt64(sent.count))
        #expect(report.peerFinished)
        #expect(report.ending == .finished)
        #expect(application.statistics.open == 0)
    }

    /// The application holds at most one read of bytes that its peer doesn't take.
    @Test func echoStopsReadingWhileThePeerTakesNothing() throws {
        let application = try TCPApplication(on: host)
        let client = try TestClient(application.address)
        let sent = try client.writeUntilBlocked(limit: 64 * 1024 * 1024)
        #expect(sent < 64 * 1024 * 1024)
        let statistics = application.statistics
        #expect(statistics.bytesReceived - statistics.bytesSent <= 64 * 1024)
        #expect(try client.receive(sent).count == sent)
    }

    @Test func echoServesThousandsOfConnections() throws {
        let limit = try ThisProcess.raiseDescriptorLimit()
        let count = min(2000, Int(limit - 200) / 3)
        let application = try TCPApplication(on: host)
        let clients = try (0..<count).map { _ in try TestClient(application.address) }
        #expect(application.wait { $0.open == count })
        for (number, client) in clients.enumerated() { client.write("\(number)") }
        for (number, client) in clients.enumerated() {
            let expected = Array("\(number)".utf8)
            #expect(try client.receive(expected.count) == expected)
            try client.finish()
        }
        #expect(application.reports(count).count == count)
    }

    @Test func sinkReportsCountDigestAndFirstBytes() throws {
        let application = try TCPApplication(.sink, on: host)
        let client = try TestClient(application.address)
        client.write(BytePattern.bytes(count: 300_000))
        try client.finish()
        #expect(try client.receiveToEnd().bytes.isEmpty)
        let report = try #require(application.reports(1).first)
        #expect(report.bytesReceived == 300_000)
        #expect(report.sha256 == BytePattern.sha256(count: 300_000))
        #expect(report.received == BytePattern.bytes(count: 64 * 1024))
    }

    @Test func sourceSendsItsPatternAndFinishesOnlyItsSide() throws {
        let application = try TCPApplication(.source(bytes: 1_000_003), on: host)
        let client = try TestClient(application.address)
        let (received, ending) = try client.receiveToEnd().parts
        #expect(received == BytePattern.bytes(count: 1_000_003))
        #expect(ending == .finished)
        // Its other side is open still.
        client.write("late")
        #expect(application.wait { $0.bytesReceived == 4 })
        try client.finish()
        #expect(application.reports(1).first?.ending == .finished)
    }

    @Test func closingAfterSendingEndsBothSides() throws {
        var behaviour = TCPBehaviour.source(bytes: 100_000)
        behaviour.ending = .closeAfterSending
        let application = try TCPApplication(behaviour, on: host)
        #expect(try TestClient(application.address).receiveToEnd().bytes.count == 100_000)
        #expect(application.reports(1).first?.ending == .closedHere)
    }

    @Test func greetingComesFirst() throws {
        let application = try TCPApplication(.greeting(Array("220 ready\r\n".utf8)), on: host)
        let client = try TestClient(application.address)
        #expect(try client.receive(11) == Array("220 ready\r\n".utf8))
        client.write("hello")
        #expect(try client.receive(5) == Array("hello".utf8))
    }

    @Test func slowReaderTakesAFewBytesATick() throws {
        let application = try TCPApplication(.slowReader(bytes: 10, every: .milliseconds(5)), on: host)
        let client = try TestClient(application.address)
        let start = Clock.monotonic
        client.write([UInt8](repeating: 1, count: 100))
        try client.finish()
        #expect(application.reports(1).first?.bytesReceived == 100)
        // Ten ticks of ten bytes; the first is at the start.
        #expect(Clock.monotonic - start >= .milliseconds(45))
    }

    @Test func neverReadingLeavesTheBytesInTheKernelUntilTold() throws {
        let application = try TCPApplication(.neverReads, on: host)
        let client = try TestClient(application.address)
        let sent = try client.writeUntilBlocked(limit: 64 * 1024 * 1024)
        #expect(sent > 0 && sent < 64 * 1024 * 1024)
        #expect(application.statistics.bytesReceived == 0)
        application.setReading(.atOnce)
        #expect(application.wait { $0.bytesReceived == UInt64(sent) })
        try client.finish()
        #expect(application.reports(1).first?.ending == .finished)
    }

    @Test func resetsAfterSoManyBytes() throws {
        let application = try TCPApplication(.resets(afterReceiving: 10), on: host)
        let client = try TestClient(application.address)
        client.write("123456789")
        #expect(try client.receive(9) == Array("123456789".utf8))
        client.write("0")
        #expect(try client.receiveToEnd().ending == .reset)
        let report = try #require(application.reports(1).first)
        #expect(report.bytesReceived == 10)
        #expect(report.ending == .closedHere)
    }

    @Test func halfClosesAfterSoManyBytes() throws {
        var behaviour = TCPBehaviour.sink
        behaviour.ending = .halfClose(afterReceiving: 3)
        let application = try TCPApplication(behaviour, on: host)
        let client = try TestClient(application.address)
        client.write("abc")
        #expect(try client.receiveToEnd().ending == .finished)
        client.write("def")
        try client.finish()
        #expect(application.reports(1).first?.received == Array("abcdef".utf8))
    }

    @Test func endingNeverKeepsTheConnectionAfterTheFIN() throws {
        var behaviour = TCPBehaviour.echo
        behaviour.ending = .never
        let application = try TCPApplication(behaviour, on: host)
        let client = try TestClient(application.address)
        try client.finish()
        #expect(application.wait { $0.peersFinished == 1 })
        application.send(Array("still here".utf8))
        #expect(try client.receive(10) == Array("still here".utf8))
        application.finishSending()
        #expect(try client.receiveToEnd().ending == .finished)
    }

    @Test func neverAcceptingMakesConnectionAttemptsHang() throws {
        let application = try TCPApplication(.neverAccepts, on: host)
        let (descriptor, progress) = try Socket.connect(to: application.address)
        #expect(progress == .inProgress)
        let epoll = try Epoll()
        try epoll.add(descriptor.number, [.writable], edgeTriggered: false, tag: 0)
        #expect(try epoll.wait(timeoutMilliseconds: 300) == 0)
    }

    @Test func stopsListeningAndListensAgain() throws {
        let application = try TCPApplication(on: host)
        let client = try TestClient(application.address)
        #expect(application.wait { $0.accepted == 1 })
        application.stopListening()
        // Open connections go on.
        client.write("x")
        #expect(try client.receive(1) == [0x78])
        #expect(throws: SystemError.self) { try TestClient(application.address) }
        try application.listenAgain()
        let second = try TestClient(application.address)
        second.write("y")
        #expect(try second.receive(1) == [0x79])
    }

    @Test func resetsOnCommand() throws {
        let application = try TCPApplication(on: host)
        let client = try TestClient(application.address)
        client.write("x")
        #expect(try client.receive(1) == [0x78])
        application.resetConnections()
        #expect(try client.receiveToEnd().ending == .reset)
    }

    @Test func aPeersResetIsReported() throws {
        for behaviour in [TCPBehaviour.echo, .neverReads] {
            let application = try TCPApplication(behaviour, on: host)
            let (descriptor, _) = try Socket.connect(to: application.address)
            #expect(application.wait { $0.accepted == 1 })
            Socket.setAbortOnClose(descriptor.number)
            descriptor.close()
            #expect(application.reports(1).first?.ending == .failed(Errno.connectionReset))
        }
    }

    @Test func anAddressInUseIsAnError() throws {
        let application = try TCPApplication(on: host)
        #expect(throws: SystemError.self) { try TCPApplication(on: host, address: application.address) }
    }
}
