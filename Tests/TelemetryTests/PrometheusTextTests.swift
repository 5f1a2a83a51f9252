import Bytes
import Testing

@testable import Telemetry

@Suite struct PrometheusTextTests {
    private static let now = UnixTime(seconds: 1_800_000_000)

    private func page(_ board: MetricsBoard, version: String = "1.2.3") throws -> ScrapedPage {
        let bytes = PrometheusText.render(board, version: version, at: Self.now)
        return try ScrapedPage(#require(String(validating: bytes, as: UTF8.self)))
    }

    @Test func anEmptyBoardIsGoodTextWithAllCountersAtZero() throws {
        let page = try page(Memory(slots: 3).board(slots: 3))
        #expect(page.families.keys.sorted() == MetricName.allCases.map(\.text).sorted())
        for counter in Counter.allCases {
            let series = counter.series
            let labels = Dictionary(uniqueKeysWithValues: zip(series.name.labels, series.values))
            #expect(page.value(series.name.text, labels) == "0", "\(counter)")
        }
        #expect(page.value("secure_proxy_jwks_keys") == "0")
        #expect(page.value("secure_proxy_jwks_age_seconds") == nil)
        #expect(page.value("secure_proxy_build_info", ["version": "1.2.3"]) == "1")
        #expect(page.samples("secure_proxy_worker_up").isEmpty)
    }

    @Test func aFullBoardIsGoodTextAndSummed() throws {
        let board = Memory(slots: 3).board(slots: 3)
        for index in 0..<3 {
            for counter in Counter.allCases { board.slot(index).add(counter, UInt64(counter.rawValue) + 1) }
            for histogram in TimeHistogram.allCases {
                for power in 0..<48 { board.slot(index).observe(histogram, .nanoseconds(Int64(1) << power)) }
            }
        }
        let page = try page(board)
        for counter in Counter.allCases {
            let series = counter.series
            let labels = Dictionary(uniqueKeysWithValues: zip(series.name.labels, series.values))
            #expect(page.value(series.name.text, labels) == "\((counter.rawValue + 1) * 3)", "\(counter)")
        }
        for histogram in TimeHistogram.allCases {
            #expect(page.value(histogram.name.text + "_count") == "144")
            #expect(page.value(histogram.name.text + "_sum") == "844424.930131965")
        }
    }

    @Test func tellsTheFactsOfEachWorker() throws {
        let board = Memory(slots: 3).board(slots: 3)
        for (slot, process) in [(1, 4711), (2, 4712)] {
            let worker = board.slot(slot)
            worker.set(.workerProcessID, Int64(process))
            worker.set(.workerIndex, Int64(slot - 1))
            worker.set(.workerGeneration, 3)
            worker.set(.workerState, Int64(slot))
            worker.set(.workerStartTime, 1_799_999_000)
            worker.set(.residentBytes, 9_000_000)
            worker.set(.cpuNanoseconds, 1_250_000_000)
            worker.set(.tunnels, Int64(slot * 10))
        }
        let page = try page(board)
        let labels = ["worker": "1", "generation": "3"]
        #expect(page.value("secure_proxy_worker_up", ["worker": "0", "generation": "3", "pid": "4711"]) == "1")
        #expect(page.value("secure_proxy_worker_tunnels", labels) == "20")
        #expect(page.value("secure_proxy_worker_resident_bytes", labels) == "9000000")
        #expect(page.value("secure_proxy_worker_cpu_seconds_total", labels) == "1.25")
        #expect(page.value("secure_proxy_worker_start_time_seconds", labels) == "1799999000")
        #expect(page.value("secure_proxy_tunnels") == "30")
        #expect(page.value("secure_proxy_workers", ["state": "serving"]) == "1")
        #expect(page.value("secure_proxy_workers", ["state": "draining"]) == "1")
        #expect(page.value("secure_proxy_workers", ["state": "starting"]) == "0")
    }

    @Test func theWorstWorkersKeysAreTheOnesThatAreTold() throws {
        let board = Memory(slots: 4).board(slots: 4)
        for (slot, keys, fetched) in [(1, 3, 1_799_999_900), (2, 2, 1_799_999_400), (3, 0, 0)] as [(Int, Int64, Int64)]
        {
            board.slot(slot).set(.workerProcessID, 1)
            board.slot(slot).set(.workerIndex, Int64(slot))
            board.slot(slot).set(.workerState, WorkerState.serving.rawValue)
            board.slot(slot).set(.jwksKeys, keys)
            board.slot(slot).set(.jwksFetchedAt, fetched)
        }
        #expect(try page(board).value("secure_proxy_jwks_keys") == "0")
        #expect(try page(board).value("secure_proxy_jwks_age_seconds") == "600")
        // One that still starts says nothing about those that serve.
        board.slot(3).set(.workerState, WorkerState.starting.rawValue)
        #expect(try page(board).value("secure_proxy_jwks_keys") == "2")
    }

    @Test func anAgeIsNeverNegative() throws {
        let board = Memory(slots: 1).board(slots: 1)
        board.slot(0).set(.jwksFetchedAt, Self.now.seconds + 5)
        #expect(try page(board).value("secure_proxy_jwks_age_seconds") == "0")
    }

    @Test func tellsWhatTheMasterDoes() throws {
        let board = Memory(slots: 1).board(slots: 1)
        board.slot(0).set(.generation, 12)
        board.slot(0).set(.lastReloadAt, 1_799_000_000)
        #expect(try page(board).value("secure_proxy_draining") == "0")
        board.slot(0).set(.masterState, WorkerState.draining.rawValue)
        let page = try page(board)
        #expect(page.value("secure_proxy_draining") == "1")
        #expect(page.value("secure_proxy_generation") == "12")
        #expect(page.value("secure_proxy_last_reload_timestamp_seconds") == "1799000000")
    }

    @Test func escapesWhatLabelsMayNotHold() throws {
        let version = "1 \"two\" \\three\nfour}"
        let board = Memory(slots: 1).board(slots: 1)
        #expect(try page(board, version: version).value("secure_proxy_build_info", ["version": version]) == "1")
        #expect(Writer.escaped("a\\b\"c\r\nd", quotes: true) == #"a\\b\"c\nd"#)
        #expect(Writer.escaped("a\"b", quotes: false) == "a\"b")
    }

    @Test(
        arguments: [
            (0, "0"), (1, "0.000000001"), (500_000, "0.0005"), (1_000_000_000, "1"), (2_500_000_000, "2.5"),
            (86_400_000_000_000, "86400"), (1_000_000_010, "1.00000001"), (UInt64.max, "18446744073.709551615"),
        ] as [(UInt64, String)])
    func secondsAreExact(_ nanoseconds: UInt64, _ text: String) {
        #expect(PrometheusText.seconds(nanoseconds) == text)
    }
}
