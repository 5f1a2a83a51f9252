import JSON
import MockServers
import System
import Testing

@testable import Daemon

@Suite struct StatusCommandTests {
    let place: Workplace
    let said = Said()
    let host: MockHost

    init() throws {
        place = try Workplace()
        host = try MockHost()
    }

    /// Settings whose admin port is `port`.
    private func settings(port: UInt16, enabled: Bool = true) throws -> String {
        try place.settings(#", "admin": { "enabled": \#(enabled), "port": \#(port) }"#)
    }

    /// What the command says to a daemon that answers so.
    private func status(_ answer: MockAnswer, isJSON: Bool = false) throws -> ExitCode {
        let server = try MockHTTPServer(on: host) { _ in answer }
        defer { server.stop() }
        return Commands.status(
            settingsFile: try settings(port: server.address.port), isJSON: isJSON, output: said.output)
    }

    private func answer(_ change: (inout JSONObject) -> Void = { _ in }) -> MockAnswer {
        var status: JSONObject = [
            "product": "secure-proxy", "version": "1.2.3", "state": "serving", "ready": true, "notReady": [],
            "generation": 4, "uptime": 90_061, "connections": ["active": 1_234, "waiting": 5],
            "totals": ["tunnels": 12, "bytesToClients": 5_000_000],
            "gate": ["admitted": 50, "expired": 3, "audience": 7, "signature": 0],
            "keys": ["needed": true, "count": 2, "age": 61, "problem": nil],
            "times": ["dial": ["count": 4, "p50": 0.0006, "p99": 0.0125]],
            "listeners": [["name": "wss", "kind": "bridge", "address": "::1", "ports": "10000-10009", "backend": nil]],
            "workers": [
                [
                    "index": 0, "pid": 4711, "generation": 4, "state": "serving", "tunnels": 12, "memory": 31_457_280,
                    "cpu": 1.5, "uptime": 59,
                ]
            ],
        ]
        change(&status)
        return MockAnswer(body: JSON.serialize(.object(status)))
    }

    @Test func tellsWhatAReadyDaemonDoes() throws {
        #expect(try status(answer()) == .success)
        #expect(said.errors == [])
        #expect(said.lines.first == "Secure Proxy 1.2.3: ready, up 1 d 1 h, generation 4")
        #expect(said.lines.contains("  connections 1,234 active: 0 reading, 0 writing, 5 waiting"))
        #expect(said.lines.contains("  payload     0 B from clients, 4.8 MiB to clients"))
        #expect(said.lines.contains("  token gate  50 admitted, 10 refused (audience 7, expired 3)"))
        #expect(said.lines.contains("  backends    4 connections made; half within 600 µs, 99 % within 12.5 ms"))
        #expect(said.lines.contains("  keys        2, fetched 1 min 1 s ago"))
        #expect(said.lines.contains("wss       bridge  [::1]:10000-10009  -"))
        #expect(said.lines.last == "0       serving  12       30 MiB  1.5 s     59 s  4           4711")
    }

    @Test func saysWhyItIsNotReady() throws {
        let answer = answer { status in
            status["ready"] = false
            status["notReady"] = ["one thing", "another\u{1B}[31m thing"]
        }
        #expect(try status(answer) == .failure)
        #expect(said.lines.first?.contains("NOT READY") == true)
        #expect(said.errors == ["not ready: one thing", "not ready: another\\x1B[31m thing"])
    }

    @Test func jsonIsAsItCame() throws {
        #expect(try status(answer(), isJSON: true) == .success)
        #expect(try JSON.parse(said.text)["workers"]?[0]?["pid"] == 4711)
    }

    @Test(arguments: [
        MockAnswer(status: 404), MockAnswer(body: Array("hello".utf8)), MockAnswer(body: Array(#"{"a":1}"#.utf8)),
        MockAnswer(status: 500, body: Array("{}".utf8)),
    ])
    func anotherProgramAtThePort(_ answer: MockAnswer) throws {
        #expect(try status(answer) == .failure)
        #expect(said.lines == [])
        #expect(said.errorText.contains("of another version"))
    }

    @Test func anAnswerThatIsCutShort() throws {
        var short = answer()
        short.delivery = .cutShort(after: 20)
        #expect(try status(short) == .failure)
        #expect(said.errorText.contains("did not answer as the admin port does"))
    }

    @Test func nothingListens() throws {
        let port = try freePort()
        #expect(Commands.status(settingsFile: try settings(port: port), output: said.output) == .failure)
        #expect(said.errorText.contains("nothing listens at http://127.0.0.1:\(port): start the daemon"))
    }

    @Test func theAdminPortIsSwitchedOff() throws {
        let file = try settings(port: 11090, enabled: false)
        #expect(Commands.status(settingsFile: file, output: said.output) == .failure)
        #expect(said.errorText.contains("admin.enabled"))
    }

    @Test func settingsThatCannotBeRead() {
        #expect(Commands.status(settingsFile: place("none.json"), output: said.output) == .usage)
        #expect(said.errorText.contains("cannot read the settings"))
    }
}
