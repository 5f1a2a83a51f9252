import JSON
import Settings
import Testing

/// A wrong file is answered with the place of each error, what is wrong, and what to do about it.
@Suite struct SettingsErrorTests {
    @Test(arguments: WrongFile.all)
    func wrongFileIsAnswered(file: WrongFile) throws {
        let errors = try #require(throws: SettingsErrors.self) { try load(file.text) }
        #expect(errors.errors.map(\.description) == file.errors)
    }

    @Test func theFileIsNamedOnEachLine() throws {
        let text = "{\n  \"admin\": {\"port\": 0},\n  \"logs\": {\"level\": 3}\n}"
        let errors = try #require(throws: SettingsErrors.self) {
            try Settings.load(text: Array(text.utf8), file: "/etc/secure-proxy/proxy.json")
        }
        let lines = errors.description.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { $0.hasPrefix("/etc/secure-proxy/proxy.json:") })
    }

    @Test func aTextFromTheFileCannotForgeALine() throws {
        let text = #"{"ad\nmin": {}, "logs": {"level": "x\ny"}}"#
        let errors = try #require(throws: SettingsErrors.self) { try load(text) }
        #expect(errors.errors.allSatisfy { !$0.description.contains("\n") })
    }

    @Test func anOverlongFileIsRefused() throws {
        let text = "{}" + String(repeating: " ", count: Settings.maxFileBytes)
        let errors = try #require(throws: SettingsErrors.self) { try load(text) }
        #expect(errors.errors.count == 1)
        #expect(errors.errors.first?.problem == "the text has more than 1048576 bytes")
    }

    @Test func anOverlongValueIsCutInTheMessage() throws {
        let long = String(repeating: "x", count: 500)
        let errors = try #require(throws: SettingsErrors.self) { try load(#"{"logs": {"level": "\#(long)"}}"#) }
        #expect(errors.errors.allSatisfy { $0.description.count < 300 })
    }

    /// Whatever is damaged, the reader answers; it never traps and never takes damage for something else silently.
    @Test func everyBeginningOfTheSkeletonIsRefused() throws {
        let text = Array(Sample.skeleton.utf8)
        let end = try #require(text.lastIndex(of: UInt8(ascii: "}")))
        for count in 0...end {
            #expect(throws: SettingsErrors.self) {
                try Settings.load(text: Array(text[..<count]), file: "proxy.json")
            }
        }
    }

    /// Each section and each value of the skeleton replaced by an odd one: settings or errors with a place, never a trap.
    @Test(arguments: [
        JSONValue.null, .integer(-1), .integer(.max), .integer(.min), .real(1e300), .real(-0.5), .string(""),
        .string("\u{1}"),
        .string("-"), .string("99999999999999999999999"), .array([]), .array([[]]), .array([nil]), .object([:]),
        .bool(true),
    ])
    func oddValuesNeverTrap(odd: JSONValue) throws {
        let skeleton = try #require(JSON.parse(Sample.skeleton).object)
        var refused = 0
        for (section, value) in skeleton {
            var places: [(inout JSONObject) -> Void] = [{ $0[section] = odd }]
            for name in value.object?.keys ?? [] {
                places.append { $0[section] = Self.replacing(name, of: value, by: odd) }
            }
            for replace in places {
                var file = skeleton
                replace(&file)
                do {
                    _ = try Settings.load(text: JSON.serialize(.object(file), pretty: true), file: "proxy.json")
                } catch {
                    refused += 1
                    #expect(error.errors.allSatisfy { !$0.problem.isEmpty && !$0.remedy.isEmpty && $0.line > 0 })
                }
            }
        }
        #expect(refused > 0)
    }

    private static func replacing(_ name: String, of section: JSONValue, by odd: JSONValue) -> JSONValue {
        var members = section.object ?? JSONObject()
        members[name] = odd
        return .object(members)
    }
}
