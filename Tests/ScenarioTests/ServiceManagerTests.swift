// Under a service manager (systemd's ways, with the test in its place): what the daemon says about itself and when, that
// it says it is alive, and that it takes the sockets that were opened for it.
import BridgeClient
import Glibc
import JSON
import MockServers
import System
import TestSupport
import Testing
import WebSocket

@Suite(.serialized) struct ServiceManagerTests {
    private func daemon(
        _ launch: DaemonLaunch, workers: Int = 2, in world: MockWorld, adjust: (inout DaemonSettings) -> Void = { _ in }
    ) throws -> DaemonProcess {
        var settings = world.settings(for: try world.application())
        settings.workers = workers
        adjust(&settings)
        return try DaemonProcess(settings, launch: launch)
    }

    @Test(arguments: [0, 2]) func itSaysWhatItDoes(_ workers: Int) throws {
        let socket = try NotifySocket()
        var launch = DaemonLaunch()
        launch.environment["NOTIFY_SOCKET"] = socket.path
        let world = try MockWorld()
        let daemon = try daemon(launch, workers: workers, in: world)
        #expect(socket.wait(for: "READY=1"))
        #expect(socket.count("STOPPING=1") == 0 && socket.count("RELOADING=1") == 0)
        if workers > 0 {
            try daemon.reload()
            #expect(socket.wait(for: "RELOADING=1"))
            #expect(socket.wait(for: "READY=1", count: 2))
            // Type=notify-reload asks for the time.
            let reloading = socket.messages.first { $0.contains("RELOADING=1") } ?? ""
            #expect(reloading.contains("MONOTONIC_USEC="), "\(reloading)")
            // A refused reload ends the reloading state, too.
            try File.write(Array("{".utf8), to: daemon.settingsPath, permissions: 0o600)
            daemon.process.signal(SIGHUP)
            #expect(socket.wait(for: "RELOADING=1", count: 2))
            #expect(socket.wait(for: "READY=1", count: 3), "\(socket.messages)")
        }
        #expect(try ProviderScene.tryBridge(daemon.bridge(token: world.token())) == .admitted, "\(daemon.account)")
        #expect(try daemon.stop() == 0, "\(daemon.account)")
        #expect(socket.wait(for: "STOPPING=1"))
        // Nobody but the master speaks.
        #expect(socket.count("STOPPING=1") == 1)
    }

    @Test func theWatchdogIsFed() throws {
        let socket = try NotifySocket()
        var launch = DaemonLaunch()
        launch.environment["NOTIFY_SOCKET"] = socket.path
        launch.environment["WATCHDOG_USEC"] = "2000000"
        let world = try MockWorld()
        let daemon = try daemon(launch, in: world)
        #expect(socket.wait(for: "WATCHDOG=1", count: 3, within: .seconds(6)), "\(socket.messages)")
        // While it drains, too.
        let client = try BlockingBridgeClient(connecting: daemon.bridge(token: world.token()))
        daemon.process.signal(SIGQUIT)
        let fed = socket.count("WATCHDOG=1")
        #expect(socket.wait(for: "WATCHDOG=1", count: fed + 3, within: .seconds(6)), "\(socket.messages)")
        #expect(try client.close().code == .normalClosure)
        #expect(daemon.process.waitForExit(within: .seconds(10)) == 0)
    }

    /// Replaced, the daemon is another process: the service manager has to be told.
    @Test func aNewBinaryIsTheMainProcess() throws {
        let socket = try NotifySocket()
        var launch = DaemonLaunch()
        launch.environment["NOTIFY_SOCKET"] = socket.path
        let world = try MockWorld()
        let daemon = try daemon(launch, in: world)
        #expect(socket.wait(for: "READY=1"))
        let old = try daemon.replaceBinary()
        #expect(socket.wait(for: "MAINPID=\(daemon.pid)"), "\(socket.messages)")
        #expect(old.waitForExit(within: .seconds(20)) == 0, "\(daemon.account)")
        // The old one's end isn't the service's.
        #expect(socket.count("STOPPING=1") == 0, "\(socket.messages)")
        #expect(try ProviderScene.tryBridge(daemon.bridge(token: world.token())) == .admitted, "\(daemon.account)")
        #expect(try daemon.stop() == 0, "\(daemon.account)")
    }

    /// Sockets that somebody else opened (`LISTEN_FDS`): nothing else could listen at their ports.
    @Test(arguments: [1, 3]) func socketsThatWereOpenedForIt(_ workers: Int) throws {
        var kept: [Descriptor] = []
        var launch = DaemonLaunch()
        // LISTEN_PID names the process that is meant, which a shell knows before it becomes the daemon.
        launch.before = ["/bin/sh", "-c", "LISTEN_PID=$$ exec \"$@\"", "sh"]
        launch.environment["LISTEN_FDS"] = "2"
        launch.environment["LISTEN_FDNAMES"] = "wss:oauth"
        launch.socketsFor = { ports in
            kept = try [ports.bridges["wss"] ?? 0, ports.frontDoor].map {
                try Socket.listen(at: FreePorts.loopback($0))
            }
            return kept.map(\.number)
        }
        let world = try MockWorld()
        let daemon = try daemon(launch, workers: workers, in: world)
        #expect(kept.count == 2)
        for _ in 0..<4 {
            #expect(try ProviderScene.tryBridge(daemon.bridge(token: world.token())) == .admitted, "\(daemon.account)")
        }
        #expect(try HTTPSClient(daemon.frontDoor).get("/configuration").status == 200)
        try daemon.reload()
        #expect(try ProviderScene.tryBridge(daemon.bridge(token: world.token())) == .admitted, "\(daemon.account)")
        let old = try daemon.replaceBinary()
        #expect(old.waitForExit(within: .seconds(20)) == 0, "\(daemon.account)")
        #expect(try ProviderScene.tryBridge(daemon.bridge(token: world.token())) == .admitted, "\(daemon.account)")
        #expect(try daemon.stop() == 0, "\(daemon.account)")
    }
}
