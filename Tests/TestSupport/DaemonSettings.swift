public import JSON
internal import System

/// What a daemon under test shall be: a small value from which proxy.json is written.
///
/// Ports are not in it: ``DaemonProcess`` chooses them. Times are short where nothing is tested that needs them long.
public struct DaemonSettings: Sendable {
    /// A bridge listener and where it leads.
    public struct Bridge: Sendable {
        /// Its name, by which ``DaemonProcess/port(_:)`` knows it.
        public var name: String
        /// How many ports in a row it has.
        public var portCount = 1
        /// Further members of its entry under `listeners`: `backend`, `requiredScopes` and the like.
        public var entry: JSONObject

        /// A listener called `name`.
        public init(_ name: String, entry: JSONObject = [:]) {
            self.name = name
            self.entry = entry
        }
    }

    /// The bridges. The first is called `wss` and uses `proxySettings.wssProxyBindPort`.
    public var bridges: [Bridge] = [Bridge("wss")]
    /// Everything that isn't a port, section by section.
    public var sections: [String: JSONObject]

    /// Further entries under `listeners`, as they are.
    public var extraListeners: [JSONValue] = []

    /// The port of the first of several applications in a row, one for each port of `wss`; nil where `backend.port` or
    /// the entries say where connections go. The scale factor follows from it.
    public var firstScaledBackend: UInt16?

    /// Worker processes; 0: master and worker in a single process.
    ///
    /// With workers there is an admin listener unless `admin.enabled` says otherwise, and where the tests run as root
    /// the workers are `nobody`, who exists everywhere, unless `security.user` says otherwise.
    public var workers = 0
    /// The authority that issues the daemon's certificate, which can then be replaced while clients go on trusting it;
    /// nil: the daemon makes a self-signed one.
    public var authority: TestAuthority?

    /// A proxy before the application at `backendPort` of this machine that believes the provider at `discovery`.
    public init(discovery: String, backendHost: String = "127.0.0.1", backendPort: UInt16) {
        sections = [
            "oidc": ["discovery": .string(discovery), "audience": ["default"]],
            "logs": ["directory": "logs", "level": "info", "access": "all"],
            "backend": ["host": .string(backendHost), "port": .integer(Int64(backendPort))],
        ]
    }

    /// A setting of a section, such as `settings["limits", "closeTimeout"] = "2s"`; nil takes it out.
    public subscript(section: String, name: String) -> JSONValue? {
        get { sections[section]?[name] }
        set { sections[section, default: [:]][name] = newValue }
    }

    /// Adds a bridge called `name` to the application at `port` of `host`, with more members for its entry.
    public mutating func addBridge(
        _ name: String, host: String = "127.0.0.1", port: UInt16, entry: JSONObject = [:]
    ) {
        var all = entry
        all["backend"] = ["host": .string(host), "port": .integer(Int64(port))]
        bridges.append(Bridge(name, entry: all))
    }

    /// Whether it has an admin listener.
    var hasAdmin: Bool { self["admin", "enabled"]?.bool ?? (workers > 0) }

    /// The content of proxy.json.
    func document(_ ports: DaemonPorts) -> [UInt8] {
        var root = JSONObject()
        for (name, members) in sections { root[name] = .object(members) }
        var admin = sections["admin"] ?? [:]
        admin["enabled"] = .bool(hasAdmin)
        if hasAdmin { admin["port"] = .integer(Int64(ports.admin)) }
        root["admin"] = .object(admin)
        if workers > 0, ThisProcess.isRoot {
            var security = sections["security"] ?? [:]
            if security["user"] == nil { security["user"] = "nobody" }
            root["security"] = .object(security)
        }
        var proxySettings = sections["proxySettings"] ?? [:]
        proxySettings["proxyWorkerProcesses"] = .integer(Int64(workers))
        proxySettings["oAuthProxyBindPort"] = .string("\(ports.frontDoor)")
        if let firstScaledBackend, let first = ports.bridges["wss"] {
            proxySettings["proxyPortScaleFactor"] = .integer(Int64(first) - Int64(firstScaledBackend))
        }
        var listeners: [JSONValue] = []
        for bridge in bridges {
            let first = ports.bridges[bridge.name] ?? 0
            let range =
                bridge.portCount == 1 ? "\(first)" : "\(first)-\(Int(first) + bridge.portCount - 1)"
            if bridge.name == "wss" { proxySettings["wssProxyBindPort"] = .string(range) }
            var entry: JSONObject = ["name": .string(bridge.name)]
            if bridge.name != "wss" {
                entry["kind"] = "bridge"
                entry["ports"] = .string(range)
            }
            entry["address"] = "127.0.0.1"
            for (name, value) in bridge.entry { entry[name] = value }
            listeners.append(.object(entry))
        }
        listeners.append(["name": "oauth", "address": "127.0.0.1"])
        root["proxySettings"] = .object(proxySettings)
        root["listeners"] = .array(listeners + extraListeners)
        return JSON.serialize(.object(root), pretty: true)
    }
}

/// The ports that a daemon was given.
public struct DaemonPorts: Sendable {
    /// The first port of each bridge, by name.
    public var bridges: [String: UInt16] = [:]
    /// The OAuth front door's.
    public var frontDoor: UInt16 = 0
    /// The admin listener's.
    public var admin: UInt16 = 0

    /// All that clients connect to, admin's left out.
    public var all: Set<UInt16> { Set(bridges.values).union([frontDoor]) }
}
