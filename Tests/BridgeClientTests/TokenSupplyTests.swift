import Bytes
import System
import Testing

@testable import BridgeClient

@Suite struct TokenSupplyTests {
    /// Runs `body` with a file of this content.
    private func withFile(_ content: String, _ body: (String) throws -> Void) throws {
        let path = "/tmp/secure-proxy-token-\(ThisProcess.id)-\(UInt32.random(in: 0 ... .max))"
        try File.write(Array(content.utf8), to: path, permissions: 0o600)
        defer { try? File.remove(path) }
        try body(path)
    }

    @Test(arguments: ["a.b.c\nsecond", "a.b.c\r\n", "a.b.c"])
    func theFirstLineIsTheToken(_ content: String) throws {
        try withFile(content) { path in
            let token = try TokenSupply.read(path)
            #expect(token == "a.b.c")
        }
    }

    @Test(arguments: ["", "\nlate", "two words\n", "caf\u{E9}\n"])
    func whatIsNoTokenIsNotSent(_ content: String) throws {
        try withFile(content) { path in
            let error = try clientError { () throws(ClientError) in _ = try TokenSupply.read(path) }
            #expect(error.description.hasPrefix(path))
        }
    }

    @Test func aMissingFileIsNamed() throws {
        let error = try clientError { () throws(ClientError) in _ = try TokenSupply.read("/nowhere/token") }
        #expect(error.description.contains("/nowhere/token"))
    }

    @Test func aFileIsReadForEachConnection() throws {
        let runtime = try ClientRuntime()
        try withFile("first") { path in
            let supply = TokenSupply(.file(path), timeout: .seconds(1), runtime: runtime)
            var seen: [String?] = []
            supply.token { seen.append(try? $0.get()) }
            try File.write(Array("second".utf8), to: path, permissions: 0o600)
            supply.token { seen.append(try? $0.get()) }
            #expect(seen == ["first", "second"])
        }
    }

    @Test func manyWhoWaitAskOnce() throws {
        let server = try MockProxy().start()
        let runtime = try ClientRuntime()
        let supply = TokenSupply(.grant(.sample(), server.endpoint), timeout: .seconds(10), runtime: runtime)
        var seen: [String] = []
        for _ in 0..<5 { supply.token { seen.append((try? $0.get()) ?? "none") } }
        try runtime.run(until: { seen.count == 5 }, deadline: Clock.monotonic + .seconds(10))
        #expect(seen == Array(repeating: "good-token", count: 5))
        #expect(server.seen.requests.count == 1)

        supply.forget()
        supply.token { seen.append((try? $0.get()) ?? "none") }
        try runtime.run(until: { seen.count == 6 }, deadline: Clock.monotonic + .seconds(10))
        #expect(server.seen.requests.count == 2)
    }
}
