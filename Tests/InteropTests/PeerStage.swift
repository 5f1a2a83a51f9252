import JSON
import MockServers
import TestSupport

extension DaemonProcess {
    /// What a story is told about this daemon.
    func peerOptions(bridge name: String = "wss", _ more: JSONObject = [:]) -> JSONObject {
        var options: JSONObject = [
            "bridge": .integer(Int64(port(name))), "frontDoor": .integer(Int64(ports.frontDoor)),
            "ca": .string(certificatePath),
        ]
        for (name, value) in more { options[name] = value }
        return options
    }
}

extension MockWorld {
    /// A world whose provider has its key: making one takes up to seconds on a busy machine, and the daemon's first fetch
    /// must not be what waits for it.
    static func withKey() throws -> MockWorld {
        let world = try MockWorld()
        return world
    }
}

extension Stage {
    /// What a story is told about this stage: ports, authority, issuer and a token.
    func peerOptions(bridge name: String = "wss", _ more: JSONObject = [:]) -> JSONObject {
        var options = daemon.peerOptions(
            bridge: name, ["issuer": .string(world.oauth.issuer()), "token": .string(token)])
        for (name, value) in more { options[name] = value }
        return options
    }
}
