import Bridge
import HTTP1
import JSON
import Settings
import Testing

@testable import Daemon

@Suite struct AccessLineTests {
    private func line(_ event: AccessValues.Event, _ format: AccessFormat) -> String {
        var line: [UInt8] = []
        AccessLine.append(AccessValues(event: event, time: 1_769_860_800_123_000_000), format, to: &line)
        return String(decoding: line, as: UTF8.self)
    }

    @Test func mainIsALineOfPairs() {
        #expect(
            line(.tunnel(LogReports.tunnel()), .main)
                == #"remote_addr=192.0.2.7 remote_port=40001 remote_user="-" time_iso8601=2026-01-31T12:00:00+00:00 "#
                + #"request="GET /ws HTTP/1.1" status=101 body_bytes_sent=22 request_time=1.520 "#
                + #"http_host="proxy.example" http_referer="-" http_user_agent="-" http_x_forwarded_for="-" "#
                + #"ssl_protocol=TLSv1.3 ssl_cipher=TLS_AES_256_GCM_SHA384 ssl_server_name="proxy.example" "#
                + #"ssl_client_san="-" listener=desktop server_port=10000 sub="-" client_id="-" jti="-" "#
                + #"close_code=1000 closed_by=client reason="client closed with 1000" up_addr=127.0.0.1:5900 "#
                + #"up_status=- up_conn_time=0.003 up_resp_time=1.500 up_bytes_s=11 up_bytes_r=22"#)
    }

    @Test func jsonHasTheSameNamesWithoutWhatIsNotThere() throws {
        let object = try JSON.parse(line(.tunnel(LogReports.tunnel()), .json))
        #expect(object["status"]?.number == 101)
        #expect(object["request_time"]?.number == 1.52)
        #expect(object["remote_addr"]?.string == "192.0.2.7")
        #expect(object["sub"] == nil)
        let names = AccessFormat.mainFields.map(\.name)
        #expect(object.object?.keys.allSatisfy(names.contains) == true)
        #expect(object.object?.keys.last == "up_bytes_r")
    }

    @Test func anOperatorsFormatIsFilledIn() throws {
        let format = try AccessFormat(
            #"$remote_addr - $remote_user [$time_local] "$request" $status ${body_bytes_sent}b"#)
        #expect(
            line(.answer(LogReports.answer()), format)
                == #"192.0.2.7 - - [31/Jan/2026:12:00:00 +0000] "GET /ws HTTP/1.1" 403 33b"#)
    }

    @Test func fieldsForTheJournalAreInCapitals() {
        let fields = AccessLine.fields(AccessValues(event: .tunnel(LogReports.tunnel()), time: 0))
        #expect(fields.first?.name == "PROXY_REMOTE_ADDR")
        #expect(fields.first?.value == "192.0.2.7")
        #expect(
            fields.allSatisfy {
                $0.name.utf8.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
            })
    }

    // MARK: Hostile values

    /// What peers may put where a log would have it.
    static let hostile: [[UInt8]] = [
        Array("\r\n127.0.0.1 forged line".utf8), Array(#"" status=200 sub="admin"#.utf8), Array(#"\" \\x22"#.utf8),
        Array(#"","status":200,"x":""#.utf8), [0xFF, 0xFE, 0x80, 0xC0, 0xAF], Array("\u{1B}]0;owned\u{07}".utf8),
        Array(repeating: 0x41, count: 10_000), Array(String(repeating: "\u{1F4A9}", count: 2_500).utf8),
        Array(repeating: 0x0A, count: 10_000), Array("\u{202E}evil\u{2028}line\u{0}".utf8),
        Array("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzZWNyZXQifQ.c2lnbmF0dXJl".utf8), Array(" a b  c=d ".utf8),
    ]

    private func hostileEvents(_ bytes: [UInt8]) -> [AccessValues.Event] {
        let text = String(decoding: bytes, as: UTF8.self)
        var fields = HeaderFields()
        for name in ["Host", "User-Agent", "Referer", "X-Forwarded-For", "Origin"] { fields.append(name, bytes.span) }
        let request = RequestRecord(RequestHead(method: "GET", target: "/\(text)?\(text)", fields: fields))
        var tls = LogReports.tls
        tls.serverName = text
        return [
            .tunnel(LogReports.tunnel(request, tls: tls, reason: text)),
            .answer(LogReports.answer(403, request, tls: tls, reason: text)),
        ]
    }

    @Test(arguments: hostile)
    func noValueForgesALineInMain(bytes: [UInt8]) {
        for event in hostileEvents(bytes) {
            let line = line(event, .main)
            #expect(line.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
            #expect(line.utf8.count < 12_000)
            #expect(!line.contains("eyJ"))
            // As many quotation marks as the format has: none comes from a value.
            let quotes = AccessFormat.mainFields.filter { $0.variable.isForeign }.count * 2
            #expect(line.utf8.filter { $0 == UInt8(ascii: "\"") }.count == quotes)
            // Outside of quotation marks each word is a name and its value, in the order of the format.
            let outside = line.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
                .compactMap { $0.offset.isMultiple(of: 2) ? $0.element : nil }.joined()
            let names = outside.split(separator: " ").map { $0.prefix { $0 != "=" } }
            #expect(names.map(String.init) == AccessFormat.mainFields.map(\.name))
        }
    }

    @Test(arguments: hostile)
    func noValueForgesALineInAnOperatorsFormat(bytes: [UInt8]) throws {
        let format = try AccessFormat("$http_user_agent $http_host $request_uri $reason $ssl_server_name")
        for event in hostileEvents(bytes) {
            let line = line(event, format)
            #expect(line.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
            #expect(line.utf8.filter { $0 == 0x20 }.count == 4)
            #expect(!line.contains("eyJ"))
        }
    }

    @Test(arguments: hostile)
    func noValueForgesALineInJSON(bytes: [UInt8]) throws {
        for event in hostileEvents(bytes) {
            let line = line(event, .json)
            #expect(line.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
            #expect(line.utf8.count < 24_000)
            #expect(!line.contains("eyJ"))
            let object = try JSON.parse(line)
            #expect(object["status"]?.number == (line.contains("\"status\":101") ? 101 : 403))
            #expect(object["listener"]?.string == "desktop")
        }
    }
}
