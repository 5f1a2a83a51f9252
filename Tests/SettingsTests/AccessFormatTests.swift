import Settings
import Testing

@Suite struct AccessFormatTests {
    @Test func thePresetsHaveNames() throws {
        #expect(try AccessFormat("main") == .main)
        #expect(try AccessFormat("json") == .json)
        #expect(AccessFormat.json.parts.isEmpty)
    }

    @Test func mainBeginsAndEndsAsThePredecessors() throws {
        #expect(AccessFormat.main.parts.first == .text("remote_addr="))
        #expect(AccessFormat.main.parts.last == .value(.upstreamBytesReceived, isQuoted: false))
        #expect(AccessFormat.mainFields.last?.name == "up_bytes_r")
        #expect(Set(AccessFormat.mainFields.map(\.name)).count == AccessFormat.mainFields.count)
    }

    @Test func everythingForeignInMainIsQuoted() {
        for part in AccessFormat.main.parts {
            guard case .value(let variable, let isQuoted) = part else { continue }
            #expect(isQuoted == variable.isForeign)
        }
    }

    @Test func takesAFormatApart() throws {
        let format = try AccessFormat(#"$remote_addr - [${time_local}] "$request" $status!"#)
        #expect(
            format.parts == [
                .value(.remoteAddress, isQuoted: false), .text(" - ["), .value(.timeLocal, isQuoted: false),
                .text(#"] ""#), .value(.request, isQuoted: true), .text("\" "), .value(.status, isQuoted: false),
                .text("!"),
            ])
    }

    @Test func aNameEndsWhereItsLettersEnd() throws {
        #expect(
            try AccessFormat("$status.$pid${pid}x").parts == [
                .value(.status, isQuoted: false), .text("."), .value(.pid, isQuoted: false),
                .value(.pid, isQuoted: false), .text("x"),
            ])
    }

    @Test(arguments: [
        ("$", AccessFormatError.bareDollar), ("a $ b", .bareDollar), ("$ä", .bareDollar),
        ("${status", .openBrace("status")),
        ("${status x}", .openBrace("status")), ("${}", .bareDollar), ("$statu", .unknown("statu")),
        ("$http_authorization", .secret("http_authorization")), ("$cookie_session", .secret("cookie_session")),
        ("$arg_token", .secret("arg_token")), ("$query_string", .secret("query_string")),
        ("$http_sec_websocket_protocol", .secret("http_sec_websocket_protocol")), ("mian", .nothingToSay("mian")),
        ("text", .nothingToSay("text")),
    ])
    func saysWhatIsWrong(source: String, expected: AccessFormatError) {
        #expect(throws: expected) { try AccessFormat(source) }
    }

    @Test func namesTheNearest() {
        #expect(AccessFormatError.unknown("remote_adr").remedy == "did you mean $remote_addr?")
        #expect(AccessFormatError.unknown("zzz").remedy.contains("docs/LOGS.md"))
        #expect(AccessFormatError.nothingToSay("mian").remedy == "did you mean \"main\"?")
        #expect(AccessFormatError.nothingToSay("text").remedy.contains("\"main\""))
    }
}
