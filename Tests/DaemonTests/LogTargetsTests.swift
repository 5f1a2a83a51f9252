import Glibc
import Settings
import System
import Testing

@testable import Daemon

@Suite struct LogTargetsTests {
    let place: Workplace
    var settings = LogSettings()

    init() throws {
        place = try Workplace()
        settings.directory = place("logs")
    }

    @Test func makesFilesAndKeepsStrangersOut() throws {
        let targets = try LogTargets.open(settings)
        #expect(targets.descriptors.count == 3)
        #expect(File.permissions(place("logs")) == 0o750)
        for name in ["nginx-error.log", "http-error.log", "http-access.log"] {
            #expect(File.permissions(place("logs/\(name)")) == 0o640)
        }
    }

    @Test mutating func namesMayBeOthersAndElsewhere() throws {
        settings.errorLog = "daemon.log"
        settings.accessLog = place("access.log")
        _ = try LogTargets.open(settings)
        #expect(try place.names == ["access.log", "logs"])
        #expect(File.exists(place("logs/daemon.log")))
        #expect(File.exists(place("logs/http-error.log")))
    }

    @Test(.enabled(if: ThisProcess.isRoot, "only root may write where a link leads"))
    func aLinkInSomebodyElsesDirectoryIsNotFollowed() throws {
        try File.makeDirectory(place("logs"), permissions: 0o777)
        try place.write("precious", to: "precious")
        #expect(unsafe symlink(place("precious"), place("logs/http-access.log")) == 0)
        // The place itself is root's: an administrator's link.
        try File.setPermissions(place("logs"), 0o755)
        _ = try LogTargets.open(settings)
        try File.setPermissions(place("logs"), 0o775)
        #expect { _ = try LogTargets.open(settings) } throws: {
            "\($0)".contains("http-access.log") && "\($0)".contains("symbolic link")
        }
    }

    @Test func standardErrorIsAppendedTo() async throws {
        await #expect(processExitsWith: .success) {
            var settings = LogSettings()
            settings.output = .stderr
            guard unsafe dup2(open("/dev/null", O_WRONLY), 2) == 2 else { ThisProcess.exitNow(2) }
            #expect(fcntl(2, F_GETFL) & O_APPEND == 0)
            let targets = try LogTargets.open(settings)
            for descriptor in targets.descriptors { #expect(fcntl(descriptor.number, F_GETFL) & O_APPEND != 0) }
        }
    }

    @Test func saysWhyTheDirectoryCannotBeMade() throws {
        try place.write("", to: "logs")
        #expect { _ = try LogTargets.open(settings) } throws: { "\($0)".contains(place("logs")) }
    }

    @Test mutating func takesNoFilesForStandardError() throws {
        settings.output = .stderr
        let targets = try LogTargets.open(settings)
        #expect(try place.names == [])
        #expect(targets.descriptors.allSatisfy { $0.number > 2 })
        for descriptor in targets.descriptors { descriptor.close() }
        #expect(Descriptor.isOpen(2))
    }

    @Test mutating func connectsToSyslog() throws {
        settings.output = .syslog
        settings.syslogSocket = place("log")
        let daemon = try Socket.bindUnixDatagram(place("log"))
        let targets = try LogTargets.open(settings)
        let drain = try Drain(daemon)
        for (index, descriptor) in targets.descriptors.enumerated() {
            try File.writeAll(Array("line \(index) ".utf8), to: descriptor.number)
        }
        try eventually {
            drain.read(); return drain.text == "line 0 line 1 line 2 "
        }
    }

    @Test mutating func saysWhereNobodyTakesLines() throws {
        settings.output = .syslog
        settings.syslogSocket = place("log")
        #expect { _ = try LogTargets.open(settings) } throws: { "\($0)".contains(place("log")) }
    }

    /// Opening must not wait for a reader of a named pipe: the daemon would never start.
    @Test(.timeLimit(.minutes(5))) mutating func aNamedPipeWithoutAReaderIsRefused() throws {
        settings.errorLog = place("pipe")
        #expect(unsafe mkfifo(place("pipe"), 0o600) == 0)
        #expect { _ = try LogTargets.open(settings) } throws: { "\($0)".contains(place("pipe")) }
    }
}
