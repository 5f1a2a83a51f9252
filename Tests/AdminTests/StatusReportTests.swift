import Bytes
import JSON
import Telemetry
import Testing

@testable import Admin

struct StatusReportTests {
    private func reasons(_ change: (TestSource) -> Void) -> [String] {
        let source = TestSource()
        change(source)
        return StatusReport(source).reasonsNotReady
    }

    @Test func readyWhereNobodyAsksForTokens() { #expect(reasons { _ in } == []) }

    @Test func notReadyWhileDraining() {
        #expect(reasons { $0.facts.isDraining = true }.first?.hasPrefix("draining") == true)
        #expect(reasons { $0.board.slot(0).set(.masterState, 2) }.first?.hasPrefix("draining") == true)
    }

    @Test func notReadyBeforeAWorkerServes() {
        let source = TestSource(servingWorkers: 0)
        #expect(StatusReport(source).reasonsNotReady == ["no worker is serving yet"])
    }

    @Test func everyServingWorkerNeedsItsKeys() {
        #expect(reasons { $0.facts.needsKeys = true }.first?.contains("never fetched") == true)
        let source = TestSource()
        source.facts.needsKeys = true
        source.board.slot(1).set(.jwksFetchedAt, 1_700_000_050)
        #expect(StatusReport(source).reasonsNotReady.count == 1, "the second worker has none")
        source.board.slot(2).set(.jwksFetchedAt, 1_700_000_060)
        #expect(StatusReport(source).reasonsNotReady == [])
        // Keys that a later fetch could not renew still serve: the gate decides how long.
        source.facts.keysProblem = "timed out"
        #expect(StatusReport(source).reasonsNotReady == [])
    }

    @Test func workersThatStartOrEndNeedNoKeys() {
        let source = TestSource()
        source.facts.needsKeys = true
        source.board.slot(1).set(.jwksFetchedAt, 1_700_000_050)
        source.board.slot(2).set(.workerState, WorkerState.draining.rawValue)
        #expect(StatusReport(source).reasonsNotReady == [])
    }

    @Test func aBackendCountsWhereItWasAskedFor() {
        #expect(reasons { $0.problem = "backend 127.0.0.1:9000: refused" } == ["backend 127.0.0.1:9000: refused"])
    }

    @Test func theWhole() throws {
        let source = TestSource()
        source.facts.generation = 3
        source.facts.needsKeys = true
        source.facts.listeners = [
            AdminListener(
                name: "wss", kind: "bridge", address: "*", ports: "10000-10009", backend: "127.0.0.1:9000-9009")
        ]
        let (first, second) = (source.board.slot(1), source.board.slot(2))
        for slot in [first, second] {
            slot.set(.jwksKeys, 4)
            slot.set(.jwksFetchedAt, 1_700_000_040)
            slot.set(.connectionsActive, 6)
            slot.set(.connectionsWaiting, 1)
            slot.set(.tunnels, 5)
            slot.set(.residentBytes, 9_000_000)
            slot.set(.cpuNanoseconds, 1_250_000_000)
            slot.add(.tunnelsOpened, 8)
            slot.add(.bytesToBackend, 1_000)
            slot.add(.bytesToClient, 2_000)
            slot.add(.tlsHandshake, 12)
            slot.add(.tlsFailVerifyError, 1)
            slot.add(.gateAdmitted, 8)
            slot.add(.gateExpired, 2)
            slot.add(.closeSent1000, 3)
            slot.observe(.dial, .milliseconds(2))
        }
        second.add(.backendDialRefused, 2)
        source.board.slot(0).add(.reloadsOK, 2)
        source.board.slot(0).set(.lastReloadAt, 1_700_000_090)
        let json = try JSON.parse(source.answer("/status").body)
        #expect(json["version"] == "1.2.3")
        #expect(json["state"] == "serving")
        #expect(json["ready"] == true)
        #expect(json["notReady"] == [])
        #expect(json["generation"] == 3)
        #expect(json["time"] == 1_700_000_100.25)
        #expect(json["started"] == 1_700_000_000)
        #expect(json["uptime"] == 100)
        #expect(json["connections"] == ["active": 12, "reading": 0, "writing": 0, "waiting": 2])
        #expect(json["totals"]?["tunnels"] == 10)
        #expect(json["totals"]?["tunnelsOpened"] == 16)
        #expect(json["totals"]?["bytesFromClients"] == 2_000)
        #expect(json["totals"]?["bytesToClients"] == 4_000)
        #expect(json["totals"]?["handshakes"] == 24)
        #expect(json["totals"]?["handshakeFailures"] == 2)
        #expect(json["totals"]?["refusals"] == 4)
        #expect(json["gate"]?["expired"] == 4)
        #expect(json["failures"]?["backend"]?["refused"] == 2)
        #expect(json["failures"]?["backend"]?["connected"] == nil)
        #expect(json["failures"]?["tls"]?["fail_verify_error"] == 2)
        #expect(json["failures"]?["tls"]?["handshake"] == nil)
        #expect(json["closeCodes"]?["sent"]?["1000"] == 6)
        #expect(json["closeCodes"]?["received"]?["1000"] == 0)
        #expect(json["times"]?["dial"]?["count"] == 2)
        #expect(json["keys"]?["count"] == 4)
        #expect(json["keys"]?["age"] == 60)
        #expect(json["reloads"] == ["ok": 2, "failed": 0, "last": 1_700_000_090, "age": 10])
        #expect(
            json["listeners"]?[0] == [
                "name": "wss", "kind": "bridge", "address": "*", "ports": "10000-10009",
                "backend": "127.0.0.1:9000-9009",
            ])
        #expect(
            json["workers"]?[1] == [
                "index": 1, "pid": 101, "generation": 1, "state": "serving", "tunnels": 5, "connections": 6,
                "memory": 9_000_000, "cpu": 1.25, "started": 1_700_000_010, "uptime": 90,
            ])
    }

    @Test func newestWorkersComeFirst() {
        let source = TestSource()
        source.board.slot(2).set(.workerGeneration, 2)
        let workers = StatusReport(source).json["workers"]?.array ?? []
        #expect(workers.map { $0["generation"]?.integer } == [2, 1])
    }

    @Test func whatIsNotKnownIsNull() {
        let json = StatusReport(TestSource(servingWorkers: 0)).json
        #expect(json["keys"]?["fetched"] == .null)
        #expect(json["reloads"]?["last"] == .null)
        #expect(json["workers"] == [])
    }

    @Test func aClockThatWentBackMakesNoNegativeAge() {
        let source = TestSource()
        source.unixNanoseconds = 5
        #expect(StatusReport(source).json["uptime"] == 0)
        source.facts.startedAt = UnixTime(seconds: .min)
        #expect((StatusReport(source).json["uptime"]?.integer ?? -1) >= 0)
    }
}
