import JSON
import Testing

@testable import Daemon

@Suite struct StatusTextTests {
    @Test func nothingIsTakenForGranted() {
        for status in [JSONValue.null, [], ["workers": [1, nil], "listeners": [[]], "gate": 3]] {
            #expect(StatusText(status).lines.first == "Secure Proxy -: NOT READY, up 0 s, generation 0")
        }
    }

    @Test(
        arguments: [
            (0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567"), (.max, "9,223,372,036,854,775,807"),
            (.min, "-9,223,372,036,854,775,808"),
        ] as [(Int64, String)])
    func counts(_ number: Int64, _ text: String) { #expect(StatusText.count(number) == text) }

    @Test(
        arguments: [
            (.min, "0 B"), (-5, "0 B"), (0, "0 B"), (999, "999 B"), (1_000, "1 KiB"), (1_536, "1.5 KiB"),
            (104_857_600, "100 MiB"),
            (.max, "8192 PiB"),
        ] as [(Int64, String)])
    func bytes(_ number: Int64, _ text: String) { #expect(StatusText.bytes(number) == text) }

    @Test(
        arguments: [
            (.min, "0 s"), (-1, "0 s"), (0, "0 s"), (59, "59 s"), (60, "1 min"), (61, "1 min 1 s"), (3_600, "1 h"),
            (3_661, "1 h 1 min"),
            (86_399, "23 h 59 min"), (86_400, "1 d"), (90_000, "1 d 1 h"),
        ] as [(Int64, String)])
    func spans(_ seconds: Int64, _ text: String) { #expect(StatusText.span(seconds) == text) }

    @Test(
        arguments: [
            (0, "0 s"), (-1, "0 s"), (.nan, "0 s"), (.infinity, "0 s"), (0.000_6, "600 µs"), (0.003_14, "3.1 ms"),
            (0.25, "250 ms"), (1.25, "1.3 s"), (61, "1 min 1 s"), (1e300, "11574074074 d 1 h"),
        ] as [(Double, String)])
    func times(_ seconds: Double, _ text: String) { #expect(StatusText.time(seconds) == text) }

    @Test func columnsStandBelowEachOther() {
        #expect(StatusText.table([["A", "LONG", "C"], ["abc", "d", "e"]]) == ["A    LONG  C", "abc  d     e"])
        #expect(StatusText.table([]) == [])
    }
}
