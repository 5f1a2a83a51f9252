import Bytes
import MockServers
import Reactor
import Settings
import System
import TLS
import Telemetry
import Testing

@testable import Bridge
@testable import Daemon

@Suite struct WorkerEndTests {
    let place: Workplace

    init() throws { place = try Workplace() }

    /// A client of the front door with a request under way, and the connection that the upstream has for it.
    private final class Petitioner {
        private let transport: Transport
        private var hasAsked = false
        var upstream: Descriptor?

        init(_ transport: Transport) { self.transport = transport }

        /// Asks as soon as hands are shaken.
        func ask() {
            guard !hasAsked, case .complete = transport.handshake() else { return }
            hasAsked = true
            transport.write(Array("GET /token HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
            _ = transport.flush()
        }
    }

    /// A worker that listens, in this thread.
    private final class Stage {
        let loop: EventLoop
        let worker: Worker
        let settings: Settings
        private let logs: Logs
        private let certificate: [UInt8]
        private(set) var codes: [ExitCode] = []
        private var ending: WorkerEnd?
        /// The front door's upstream, which takes connections and never answers.
        private let upstream: Descriptor

        init(_ place: Workplace, shutdown: String = "1d", close: String = "600s") throws {
            try place.certificate()
            certificate = try File.read(place("cert.pem"))
            upstream = try Socket.listen(at: .anyLoopbackPort)
            let port = try Socket.localAddress(upstream.number).port
            let file = try place.settings(
                #"""
                , "tls": { "certificate": "cert.pem", "key": "key.pem" },
                "gateway": { "upstream": "http://127.0.0.1:\#(port)" },
                "limits": { "shutdownTimeout": "\#(shutdown)", "closeTimeout": "\#(close)",
                              "handshakeTimeout": "60s" }
                """#)
            settings = try SettingsFile.load(file).get()
            logs = try Logs(settings.logs, try LogTargets.open(settings.logs))
            loop = try EventLoop()
            worker = try Worker(WorkerParts(settings: settings, logs: logs), loop: loop)
            let sockets = ListeningSockets()
            let (ports, _) = try sockets.ports(of: settings, count: 1)
            try sockets.use(ports, nil, backlog: 16)
            try worker.listen(try TLSMaterial.load(settings)) { listener, port throws(StartError) in
                ports.first { $0.listener == listener.name && $0.port == port }?.sockets ?? []
            }
            ending = WorkerEnd(worker, settings, log: logs.process) { [weak self] in self?.codes.append($0) }
        }

        var end: WorkerEnd { get throws { try #require(ending) } }

        func port(_ kind: ListenerKind) throws -> UInt16 {
            try #require(settings.listeners.first { $0.kind == kind }?.ports.ports.first)
        }

        /// A connection that says nothing, once the worker has it.
        func visitor(_ kind: ListenerKind) throws -> Descriptor {
            let (socket, _) = try Socket.connect(to: .loopback(port: try port(kind)))
            try loop.turns { worker.isBusy }
            return socket
        }

        /// A request at the front door, once it is on its way to the upstream.
        func petitioner() throws -> Petitioner {
            let (socket, _) = try Socket.connect(to: .loopback(port: try port(.oauth)))
            let tls = try TLSConnection(
                .client(.init(trust: .authorities(TrustedAuthorities(pem: certificate, label: "test")))),
                engine: try TLSEngine(), descriptor: socket.number, serverName: "localhost")
            let petitioner = Petitioner(Transport(socket, tls: tls))
            try loop.turns {
                petitioner.ask()
                petitioner.upstream = (try? Socket.accept(upstream.number))?.0
                return petitioner.upstream != nil
            }
            return petitioner
        }

        /// Whether connections come in.
        func accepts(_ kind: ListenerKind) throws -> Bool {
            let (socket, progress) = try Socket.connect(to: .loopback(port: try port(kind)))
            if case .failed = progress { return false }
            let epoll = try Epoll(capacity: 1)
            try epoll.add(socket.number, .writable, edgeTriggered: false, tag: 0)
            _ = try epoll.wait(timeoutMilliseconds: 10_000)
            return Socket.pendingError(socket.number) == 0
        }

        /// Runs until it has ended, and answers how often and how.
        func outcome() throws -> [ExitCode] {
            try loop.turns { !codes.isEmpty }
            // It says so once, whatever is ordered then.
            for order in [WorkerEnd.Order.stop, .drain, .retire] { try end.begin(order) }
            try turns(for: .milliseconds(150))
            return codes
        }

        func turns(for duration: Duration) throws {
            let end = Clock.monotonic + duration
            try loop.turns { Clock.monotonic >= end }
        }
    }

    @Test(arguments: [WorkerEnd.Order.stop, .drain, .retire])
    func anIdleWorkerEndsWellAndTakesNobodyMore(_ order: WorkerEnd.Order) throws {
        let stage = try Stage(place)
        #expect(try stage.accepts(.bridge))
        try stage.turns(for: .milliseconds(20))
        try stage.loop.turns { !stage.worker.isBusy }
        #expect(try !stage.end.hasBegun)
        try stage.end.begin(order)
        #expect(try stage.end.hasBegun)
        for kind in [ListenerKind.bridge, .oauth] { #expect(try !stage.accepts(kind)) }
        #expect(try stage.outcome() == [.success])
    }

    @Test(arguments: [WorkerEnd.Order.drain, .retire])
    func drainingWaitsForWhoIsThere(_ order: WorkerEnd.Order) throws {
        let stage = try Stage(place)
        let visitor = try stage.visitor(.bridge)
        try stage.end.begin(order)
        try stage.turns(for: .milliseconds(200))
        #expect(stage.codes == [])
        #expect(stage.worker.bridge.isDraining == (order == .drain))
        visitor.close()
        #expect(try stage.outcome() == [.success])
    }

    @Test func whoIsStillThereWhenTheTimeIsOverIsCutAndThatIsNoGoodEnd() throws {
        let stage = try Stage(place, shutdown: "200ms")
        let visitor = try stage.visitor(.bridge)
        let began = Clock.monotonic
        try stage.end.begin(.retire)
        #expect(try stage.outcome() == [.failure])
        #expect(Clock.monotonic - began >= .milliseconds(200))
        withExtendedLifetime(visitor) {}
    }

    /// Nobody waits for those who haven't said what they want.
    @Test(arguments: [ListenerKind.bridge, .oauth])
    func stoppingWaitsForNobodyWhoIsSilent(_ kind: ListenerKind) throws {
        let stage = try Stage(place)
        let visitor = try stage.visitor(kind)
        try stage.end.begin(.stop)
        #expect(try stage.outcome() == [.success])
        withExtendedLifetime(visitor) {}
    }

    @Test func stoppingWhileItDrainsHastensTheEnd() throws {
        let stage = try Stage(place)
        let visitor = try stage.visitor(.bridge)
        try stage.end.begin(.retire)
        try stage.turns(for: .milliseconds(100))
        #expect(stage.codes == [])
        try stage.end.begin(.stop)
        #expect(try stage.outcome() == [.success])
        withExtendedLifetime(visitor) {}
    }

    @Test func closingHasItsTimeToo() throws {
        let stage = try Stage(place, close: "200ms")
        let petitioner = try stage.petitioner()
        let began = Clock.monotonic
        try stage.end.begin(.stop)
        #expect(try stage.outcome() == [.failure])
        #expect(Clock.monotonic - began >= .milliseconds(200))
        withExtendedLifetime(petitioner) {}
    }

    /// The master is gone: a second at most, also for a worker that was told to stop already.
    @Test(arguments: [nil, WorkerEnd.Order.retire, .stop])
    func anOrphanHasLessTimeWhateverWasOrderedBefore(_ before: WorkerEnd.Order?) throws {
        let stage = try Stage(place)
        let petitioner = try stage.petitioner()
        if let before { try stage.end.begin(before) }
        try stage.end.begin(.stop, within: .milliseconds(100))
        #expect(try stage.outcome() == [.failure])
        withExtendedLifetime(petitioner) {}
    }

    @Test func moreTimeIsNeverGiven() throws {
        let stage = try Stage(place, close: "200ms")
        let petitioner = try stage.petitioner()
        try stage.end.begin(.stop)
        try stage.end.begin(.stop, within: .seconds(600))
        try stage.end.begin(.stop)
        #expect(try stage.outcome() == [.failure])
        withExtendedLifetime(petitioner) {}
    }

    /// A worker that retired finds that nobody takes over after all; the other way round nothing is taken back.
    @Test func aShutdownGoesBeforeARetirement() throws {
        let stage = try Stage(place)
        let visitor = try stage.visitor(.bridge)
        try stage.end.begin(.retire)
        #expect(!stage.worker.bridge.isDraining)
        try stage.end.begin(.drain)
        #expect(stage.worker.bridge.isDraining)
        try stage.end.begin(.retire)
        #expect(stage.worker.bridge.isDraining)
        visitor.close()
        #expect(try stage.outcome() == [.success])
    }
}
