import Bytes
import JSON
import System
import Testing

@testable import Daemon

@Suite struct HandOverTests {
    private let files = CapturedFiles(
        contents: ["/etc/a b/ü\".pem": [0, 255, 10]], heldKeys: ["pkcs11:token=t;object=o": 1], trusted: [1, 2, 3])

    private var empty: HandOver {
        HandOver(
            settingsFile: "", settingsText: [], files: CapturedFiles(contents: [:], heldKeys: [:], trusted: nil))
    }

    /// A document in which no field has the value it begins with.
    private var full: HandOver {
        var document = HandOver(settingsFile: "/etc/proxy.json", settingsText: Array("{ }\n".utf8), files: files)
        document.ticketKeys = [[1, 2], [3]]
        document.identity = UserIdentity(name: "nobody", userID: 65_534, groupID: UInt32.max - 1)
        document.generation = 7
        document.index = 2
        document.slot = 3
        document.slots = 9
        document.awaitsKeys = true
        document.masterStarted = UnixTime(seconds: 1_800_000_000)
        document.metrics = 5
        document.metricsSlot = 13
        document.logs = [6, 7, 8]
        document.admin = 9
        document.keyHolder = 10
        document.ports = [
            HandedPort(listener: "wss", port: 65_535, sockets: [11, 12]),
            HandedPort(listener: "oauth", port: 1, sockets: []),
        ]
        return document
    }

    private func fields(_ document: HandOver) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: Mirror(reflecting: document).children.map { ($0.label ?? "", "\($0.value)") })
    }

    /// Every field: one that is added later and forgotten in either direction, or here, is found.
    @Test func everyFieldArrivesAsItWas() throws {
        let sent = fields(full)
        let begun = fields(empty)
        for (name, value) in sent { #expect(value != begun[name], "\(name) is not tested") }
        #expect(fields(try HandOver(parsing: full.serialized())) == sent)
    }

    @Test func whatIsNotThereStaysAway() throws {
        let parsed = try HandOver(parsing: empty.serialized())
        #expect(fields(parsed) == fields(empty))
        #expect(parsed.identity == nil)
        #expect(parsed.admin == nil)
        #expect(parsed.keyHolder == nil)
        #expect(parsed.files.trusted == nil)
        #expect(parsed.metrics == -1 && parsed.metricsSlot == -1)
    }

    @Test func filesAreWhatTheyWereByteForByte() throws {
        let every = (0...255).map { UInt8($0) }
        let contents = ["/a": every, "relative/b": [], "/c\u{1}\\": [0x2D, 0x2D]]
        let document = HandOver(
            settingsFile: "/p", settingsText: every,
            files: CapturedFiles(contents: contents, heldKeys: ["/k": 0, "/l": 1], trusted: every))
        let parsed = try HandOver(parsing: document.serialized())
        #expect(parsed.files.contents == contents)
        #expect(parsed.files.heldKeys == ["/k": 0, "/l": 1])
        #expect(parsed.files.trusted == every)
        #expect(parsed.settingsText == every)
    }

    /// The disk is never what a worker reads from, whatever the master forgets.
    @Test func aDocumentWithoutFilesIsNotTheDisk() throws {
        let place = try Workplace()
        let path = try place.write("key", to: "key.pem")
        let document = HandOver(settingsFile: "/p", settingsText: [], files: .disk)
        let parsed = try HandOver(parsing: document.serialized())
        #expect(throws: SystemError.self) { try parsed.files.read(path) }
    }

    // MARK: Refusals

    private func changed(_ change: (inout JSONObject) -> Void) throws -> [UInt8] {
        var root = try #require(try JSON.parse(full.serialized(), limit: HandOver.maxBytes).object)
        change(&root)
        return JSON.serialize(.object(root))
    }

    @Test func nothingMayBeMissing() throws {
        let optional: Set = ["trusted", "identity"]
        let names = try #require(try JSON.parse(full.serialized()).object).map(\.key)
        #expect(names.count == 19)
        for name in names where !optional.contains(name) {
            let text = try changed { $0[name] = nil }
            let error = #expect(throws: HandOverError.self, "\(name)") { try HandOver(parsing: text) }
            #expect(error?.description.contains(name) == true)
        }
    }

    @Test func nothingMayBeOfAnotherKind() throws {
        for name in try #require(try JSON.parse(full.serialized()).object).map(\.key) {
            let text = try changed { $0[name] = .null }
            #expect(throws: HandOverError.self, "\(name)") { try HandOver(parsing: text) }
        }
    }

    /// 0 to 2 are somebody else's, 3 and 4 every role's own.
    @Test(arguments: [JSONValue.integer(-2), 0, 2, 3, 4, .integer(Int64(Int32.max) + 1), "6", 6.5])
    func aNumberThatIsNoDescriptorIsRefused(_ value: JSONValue) throws {
        for name in ["metrics", "metricsSlot", "admin", "keyHolder"] {
            let text = try changed { $0[name] = value }
            #expect(throws: HandOverError.self, "\(name)") { try HandOver(parsing: text) }
        }
        for list in [[value], [6, value]] {
            let logs = try changed { $0["logs"] = .array(list) }
            #expect(throws: HandOverError.self) { try HandOver(parsing: logs) }
            let port: JSONValue = ["listener": "a", "port": 1, "sockets": .array(list)]
            let ports = try changed { $0["ports"] = [port] }
            #expect(throws: HandOverError.self) { try HandOver(parsing: ports) }
        }
    }

    /// A number that is cut to fit would be another user, perhaps root.
    @Test(arguments: [JSONValue.integer(-1), .integer(1 << 32), "0", .null])
    func whoIsNobodyIsRefused(_ value: JSONValue) throws {
        for name in ["user", "group"] {
            var identity: JSONObject = ["name": "nobody", "user": 1, "group": 1]
            identity[name] = value
            let text = try changed { $0["identity"] = .object(identity) }
            #expect(throws: HandOverError.self, "\(name)") { try HandOver(parsing: text) }
        }
    }

    @Test(arguments: ["", "{", "[]", "null", "{}", "\u{0}"])
    func whatIsNoDocumentIsRefused(_ text: String) {
        let error = #expect(throws: HandOverError.self) { try HandOver(parsing: Array(text.utf8)) }
        #expect(error?.description.hasPrefix("the master's hand-over: ") == true)
    }

    @Test func aFileThatIsNotBase64IsNamed() throws {
        let text = try changed { $0["files"] = ["/a.pem": "not base64!"] }
        let error = #expect(throws: HandOverError.self) { try HandOver(parsing: text) }
        #expect(error?.description.contains("/a.pem") == true)
    }
}
