// Each test that changes the environment does so in a process of its own.
import Bytes
import Glibc
import System
import Testing

@Suite struct ServiceManagerTests {
    @Test func withoutAServiceManagerNothingHappens() async {
        await #expect(processExitsWith: .success) {
            for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID"] {
                ThisProcess.removeEnvironment(name)
            }
            #expect(!ServiceManager.notify("READY=1"))
            #expect(ServiceManager.watchdogInterval == nil)
            #expect(ServiceManager.takeListeners().isEmpty)
            #expect(ServiceManager.successorEnvironment.isEmpty)
        }
    }

    @Test func statesArriveAtASocketWithAPathOrAnAbstractName() async {
        await #expect(processExitsWith: .success) {
            let scratch = try Scratch("notify")
            for path in ["\(scratch.path)/notify", "@secure-proxy-notify-\(ThisProcess.id)"] {
                let receiver = try Socket.bindUnixDatagram(path)
                setVariable("NOTIFY_SOCKET", path)
                func next() throws -> String {
                    String(decoding: try File.readSome(descriptor: receiver.number, named: path), as: UTF8.self)
                }
                #expect(ServiceManager.ready(status: "serving on 443"))
                #expect(try next() == "READY=1\nSTATUS=serving on 443")
                #expect(ServiceManager.notify("MAINPID=7"))
                #expect(try next() == "MAINPID=7")
                #expect(ServiceManager.mainProcess(8))
                #expect(try next() == "MAINPID=8")
                #expect(ServiceManager.stopping(status: "bye"))
                #expect(try next() == "STOPPING=1\nSTATUS=bye")
                #expect(ServiceManager.keepAlive())
                #expect(try next() == "WATCHDOG=1")
                // A status that quotes something must not become a state of its own.
                #expect(ServiceManager.status("one\nMAINPID=1\r\nthree"))
                #expect(try next() == "STATUS=one MAINPID=1 three")

                let before = Clock.monotonic
                #expect(ServiceManager.reloading(status: "reading"))
                let lines = try next().split(separator: "\n")
                #expect(lines.first == "RELOADING=1" && lines.last == "STATUS=reading")
                let time = lines[1].split(separator: "=").last.flatMap { Int64($0) }
                #expect(lines[1].hasPrefix("MONOTONIC_USEC="))
                #expect(time.map { abs($0 - before.nanoseconds / 1000) < 5_000_000 } == true)
            }
        }
    }

    @Test func aSocketThatIsNotThereHoldsNobodyUp() async {
        await #expect(processExitsWith: .success) {
            for path in ["/nonexistent/notify", "relative", "", "vsock:2:1234", String(repeating: "/x", count: 100)] {
                setVariable("NOTIFY_SOCKET", path)
                #expect(!ServiceManager.notify("READY=1"))
            }
        }
    }

    @Test func theWatchdogIsMeantForOneProcess() async {
        await #expect(processExitsWith: .success) {
            ThisProcess.removeEnvironment("WATCHDOG_PID")
            setVariable("WATCHDOG_USEC", "30000000")
            #expect(ServiceManager.watchdogInterval == .seconds(30))
            setVariable("WATCHDOG_PID", "\(ThisProcess.id)")
            #expect(ServiceManager.watchdogInterval == .seconds(30))
            setVariable("WATCHDOG_PID", "1")
            #expect(ServiceManager.watchdogInterval == nil)
            ThisProcess.removeEnvironment("WATCHDOG_PID")
            for text in ["0", "-5", "soon", "", "99999999999999999999"] {
                setVariable("WATCHDOG_USEC", text)
                #expect(ServiceManager.watchdogInterval == nil)
            }
        }
    }

    @Test func passedSocketsAreTakenOnceAndWithTheirNames() async {
        await #expect(processExitsWith: .success) {
            let pair = try Socket.pair()
            // Numbers from 3 on are the test runner's, which talks through one of them meanwhile.
            let first: Int32 = 300
            #expect(dup2(pair.0.number, first) == first && dup2(pair.1.number, first + 1) == first + 1)
            setVariable("LISTEN_PID", "\(ThisProcess.id)")
            setVariable("LISTEN_FDS", "2")
            setVariable("LISTEN_FDNAMES", "https")
            let sockets = ServiceManager.takePassedSockets(from: first)
            #expect(sockets.map(\.descriptor.number) == [first, first + 1])
            #expect(sockets.map(\.name) == ["https", "unknown"])
            for socket in sockets {
                #expect(fcntl(socket.descriptor.number, F_GETFD) & FD_CLOEXEC != 0)
                #expect(fcntl(socket.descriptor.number, F_GETFL) & O_NONBLOCK != 0)
            }
            for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] {
                #expect(ThisProcess.environment(name) == nil)
            }
            #expect(ServiceManager.takeListeners().isEmpty)
        }
    }

    @Test func socketsForSomebodyElseAndNonsenseAreLeftAlone() async {
        await #expect(processExitsWith: .success) {
            for (process, count) in [
                ("1", "1"), ("\(ThisProcess.id)", "-1"), ("\(ThisProcess.id)", "x"), ("\(ThisProcess.id)", "0"),
                ("\(ThisProcess.id)", "100000000"), ("", "1"),
            ] {
                setVariable("LISTEN_PID", process)
                setVariable("LISTEN_FDS", count)
                #expect(ServiceManager.takeListeners().isEmpty)
                #expect(ThisProcess.environment("LISTEN_FDS") == nil)
            }
        }
    }

    @Test func aSuccessorGoesOnTalking() async {
        await #expect(processExitsWith: .success) {
            setVariable("NOTIFY_SOCKET", "/run/notify")
            setVariable("WATCHDOG_USEC", "1000000")
            setVariable("WATCHDOG_PID", "\(ThisProcess.id)")
            let variables = ServiceManager.successorEnvironment.sorted { $0.0 < $1.0 }
            #expect(variables.map(\.0) == ["NOTIFY_SOCKET", "WATCHDOG_USEC"])
            #expect(variables.map(\.1) == ["/run/notify", "1000000"])
            let names = Set(ChildProcesses.inheritedEnvironment.map(\.0))
            #expect(names.isDisjoint(with: ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]))
        }
    }
}
