public import JSON

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

    /// The port of the first of several applications in a row, one for each port of `wss`; nil where `backend.port` or
    /// the entries say where connections go. The scale factor follows from it.
    public var firstScaledBackend: UInt16?

    /// A proxy before the application at `backendPort` of this machine that believes the provider at `discovery`.
    public init(discovery: String, backendHost: String = "127.0.0.1", backendPort: UInt16) {
        sections = [
            "oidc": ["discovery": .string(discovery), "audience": ["default"]],
            "logs": ["directory": "logs", "level": "info", "access": "all"],
            "admin": ["enabled": false],
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

    /// How many ports in all.
    var portCount: Int { bridges.reduce(1) { $0 + $1.portCount } }

    /// The content of proxy.json.
    func document(_ ports: DaemonPorts) -> [UInt8] {
        var root = JSONObject()
        for (name, members) in sections { root[name] = .object(members) }
        var proxySettings = sections["proxySettings"] ?? [:]
        // Master and worker in a single process, whatever --workers may come to mean.
        proxySettings["proxyWorkerProcesses"] = 0
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
        root["listeners"] = .array(listeners)
        return JSON.serialize(.object(root), pretty: true)
    }
}

/// The ports that a daemon was given.
public struct DaemonPorts: Sendable {
    /// The first port of each bridge, by name.
    public var bridges: [String: UInt16] = [:]
    /// The OAuth front door's.
    public var frontDoor: UInt16 = 0
}
