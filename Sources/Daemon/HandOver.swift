// What the master hands over to a worker: one JSON document in a sealed memfd, and descriptors at the numbers it names.
//
// Rules:
// 1. The document is the worker's only source: it opens no file for its settings, certificates, keys or authorities.
// 2. The descriptors are those that the document names, and the three every role has: the document, the channel to the
//    master, and standard error.
// 3. Master and worker are the same program, so there is one version of the document and no negotiation.
internal import Bytes
internal import JSON
internal import Settings
internal import System

/// Numbers of the descriptors that every role finds open.
enum RoleDescriptor {
    /// The sealed document.
    static let handOver: Int32 = 3
    /// The channel to the master.
    static let control: Int32 = 4
    /// The first that the document names.
    static let firstNamed: Int32 = 5
}

/// The sockets of one listening port that a worker accepts from.
struct HandedPort: Equatable {
    /// The listener's name.
    var listener: String
    /// The port.
    var port: UInt16
    /// The sockets' numbers.
    var sockets: [Int32]
}

/// The document that a worker starts with.
struct HandOver {
    /// The largest document, in bytes: settings, some dozen certificates, and the system's authorities in base64.
    static let maxBytes = 32 * 1024 * 1024

    /// The settings file's name.
    var settingsFile: String
    /// Its content.
    var settingsText: [UInt8]
    /// What was captured of the files that it names.
    var files: CapturedFiles
    /// What session tickets are sealed with: the first seals.
    var ticketKeys: [[UInt8]] = []
    /// Whom to become; nil: nobody else.
    var identity: UserIdentity?
    /// Which generation it is of.
    var generation = 0
    /// Its place among the workers, from 0.
    var index = 0
    /// Its slot in the metrics memory.
    var slot = 0
    /// How many slots there are.
    var slots = 0
    /// Whether it says that it is ready only when the provider's keys are there, or couldn't be fetched.
    var awaitsKeys = false
    /// When the master started.
    var masterStarted = UnixTime(seconds: 0)
    /// The metrics memory's descriptor, for reading.
    var metrics: Int32 = -1
    /// The same memory's for reading and writing, to map ``slot`` from.
    var metricsSlot: Int32 = -1
    /// The log targets' descriptors.
    var logs: [Int32] = []
    /// The admin socket's, if any.
    var admin: Int32?
    /// The key holder's channel, if any.
    var keyHolder: Int32?
    /// The listening sockets.
    var ports: [HandedPort] = []

    // MARK: As JSON

    /// The document.
    func serialized() -> [UInt8] {
        var root = JSONObject()
        root["settingsFile"] = .string(settingsFile)
        root["settings"] = .string(Base64URL.encode(settingsText))
        var contents = JSONObject()
        for (path, bytes) in files.contents ?? [:] { contents[path] = .string(Base64URL.encode(bytes)) }
        root["files"] = .object(contents)
        var held = JSONObject()
        for (name, index) in files.heldKeys { held[name] = .integer(Int64(index)) }
        root["heldKeys"] = .object(held)
        if let trusted = files.trusted { root["trusted"] = .string(Base64URL.encode(trusted)) }
        root["ticketKeys"] = .array(ticketKeys.map { .string(Base64URL.encode($0)) })
        if let identity {
            root["identity"] = [
                "name": .string(identity.name), "user": .integer(Int64(identity.userID)),
                "group": .integer(Int64(identity.groupID)),
            ]
        }
        for (name, number) in numbers { root[name] = .integer(Int64(number)) }
        root["awaitsKeys"] = .bool(awaitsKeys)
        root["masterStarted"] = .integer(masterStarted.seconds)
        root["logs"] = .array(logs.map { .integer(Int64($0)) })
        root["ports"] = .array(
            ports.map { port in
                [
                    "listener": .string(port.listener), "port": .integer(Int64(port.port)),
                    "sockets": .array(port.sockets.map { .integer(Int64($0)) }),
                ]
            })
        return JSON.serialize(.object(root))
    }

    private var numbers: [(String, Int)] {
        [
            ("generation", generation), ("index", index), ("slot", slot), ("slots", slots), ("metrics", Int(metrics)),
            ("metricsSlot", Int(metricsSlot)), ("admin", Int(admin ?? -1)), ("keyHolder", Int(keyHolder ?? -1)),
        ]
    }

    /// Reads a document.
    init(parsing text: [UInt8]) throws(HandOverError) {
        let root: JSONValue
        do throws(JSONError) { root = try JSON.parse(text, limit: Self.maxBytes) } catch {
            throw HandOverError("it is no document: \(error)")
        }
        let reader = HandOverReader(root)
        settingsFile = try reader.text("settingsFile")
        settingsText = try reader.bytes("settings")
        var contents: [String: [UInt8]] = [:]
        for (path, value) in try reader.object("files") { contents[path] = try HandOverReader.decode(value, path) }
        var held: [String: Int] = [:]
        for (name, value) in try reader.object("heldKeys") { held[name] = try HandOverReader.number(value, name) }
        let trusted = root["trusted"] == nil ? nil : try reader.bytes("trusted")
        files = CapturedFiles(contents: contents, heldKeys: held, trusted: trusted)
        for value in try reader.array("ticketKeys") {
            ticketKeys.append(try HandOverReader.decode(value, "ticketKeys"))
        }
        if root["identity"] != nil {
            let identity = HandOverReader(.object(try reader.object("identity")))
            self.identity = UserIdentity(
                name: try identity.text("name"), userID: try identity.userNumber("user"),
                groupID: try identity.userNumber("group"))
        }
        generation = try reader.number("generation")
        index = try reader.number("index")
        slot = try reader.number("slot")
        slots = try reader.number("slots")
        awaitsKeys = try reader.flag("awaitsKeys")
        masterStarted = UnixTime(seconds: Int64(try reader.number("masterStarted")))
        metrics = try reader.descriptor("metrics") ?? -1
        metricsSlot = try reader.descriptor("metricsSlot") ?? -1
        admin = try reader.descriptor("admin")
        keyHolder = try reader.descriptor("keyHolder")
        for value in try reader.array("logs") { logs.append(try HandOverReader.descriptor(value, "logs")) }
        for value in try reader.array("ports") {
            let port = HandOverReader(value)
            var handed = HandedPort(
                listener: try port.text("listener"), port: UInt16(clamping: try port.number("port")), sockets: [])
            for socket in try port.array("sockets") {
                handed.sockets.append(try HandOverReader.descriptor(socket, "sockets"))
            }
            ports.append(handed)
        }
    }

    /// A document to be filled in.
    init(settingsFile: String, settingsText: [UInt8], files: CapturedFiles) {
        self.settingsFile = settingsFile
        self.settingsText = settingsText
        self.files = files
    }
}

/// Why a document isn't one. A bug: master and role are the same program.
struct HandOverError: Error, CustomStringConvertible {
    let description: String
    init(_ words: String) { description = "the master's hand-over: \(words)" }
}

/// Typed reads of a document.
struct HandOverReader {
    fileprivate let value: JSONValue

    init(_ value: JSONValue) { self.value = value }

    /// Reads a whole text.
    init(parsing text: [UInt8]) throws(HandOverError) {
        do throws(JSONError) { value = try JSON.parse(text, limit: HandOver.maxBytes) } catch {
            throw HandOverError("it is no document: \(error)")
        }
    }

    func text(_ name: String) throws(HandOverError) -> String {
        guard let text = value[name]?.string else { throw HandOverError("\(name) is not a text") }
        return text
    }

    func number(_ name: String) throws(HandOverError) -> Int {
        guard let value = value[name] else { throw HandOverError("\(name) is missing") }
        return try Self.number(value, name)
    }

    func array(_ name: String) throws(HandOverError) -> [JSONValue] {
        guard let array = value[name]?.array else { throw HandOverError("\(name) is not a list") }
        return array
    }

    func object(_ name: String) throws(HandOverError) -> JSONObject {
        guard let object = value[name]?.object else { throw HandOverError("\(name) is not an object") }
        return object
    }

    func bytes(_ name: String) throws(HandOverError) -> [UInt8] {
        guard let value = value[name] else { throw HandOverError("\(name) is missing") }
        return try Self.decode(value, name)
    }

    /// A user's or a group's number. Nothing else may become one: 0 is root.
    func userNumber(_ name: String) throws(HandOverError) -> UInt32 {
        guard let number = UInt32(exactly: try number(name)) else { throw HandOverError("\(name) is no user or group") }
        return number
    }

    /// A descriptor's number; nil for -1, which stands for none.
    func descriptor(_ name: String) throws(HandOverError) -> Int32? {
        let number = try number(name)
        if number == -1 { return nil }
        return try Self.descriptor(.integer(Int64(number)), name)
    }

    static func number(_ value: JSONValue, _ name: String) throws(HandOverError) -> Int {
        guard let number = value.integer.flatMap({ Int(exactly: $0) }) else {
            throw HandOverError("\(name) is not a number")
        }
        return number
    }

    static func descriptor(_ value: JSONValue, _ name: String) throws(HandOverError) -> Int32 {
        guard let number = value.integer.flatMap({ Int32(exactly: $0) }), number >= RoleDescriptor.firstNamed else {
            throw HandOverError("\(name) is not a descriptor")
        }
        return number
    }

    static func decode(_ value: JSONValue, _ name: String) throws(HandOverError) -> [UInt8] {
        guard let bytes = value.string.flatMap({ Base64URL.decode($0) }) else {
            throw HandOverError("\(name) is not base64url")
        }
        return bytes
    }
}

extension HandOverReader {
    func flag(_ name: String) throws(HandOverError) -> Bool {
        guard let flag = value[name]?.bool else { throw HandOverError("\(name) is neither true nor false") }
        return flag
    }
}
