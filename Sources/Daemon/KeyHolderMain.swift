// The key holder role: has the private keys, and signs for the workers of its generation. It reads nothing but its
// document and its channels, and ends when every channel has.
//
// It stays root where the master is, without any capability: so no process of the workers' user may look into it.
internal import Bytes
internal import JSON
internal import Settings
internal import System
internal import TLS

enum KeyHolderMain {
    static func run() -> ExitCode {
        let control = MessageChannel(owning: Descriptor(owning: RoleDescriptor.control))
        do {
            let (holder, channels) = try prepare()
            _ = try? control.send(WorkerMessage.ready(words: "it has its keys").bytes)
            try holder.serve(channels: channels)
            return .success
        } catch {
            _ = try? control.send(WorkerMessage.failed(words: "\(error)").bytes)
            return .failure
        }
    }

    private static func prepare() throws -> (KeyHolder, [Int32]) {
        let document = Descriptor(owning: RoleDescriptor.handOver)
        let text = try SealedMemory.read(document.number, limit: HandOver.maxBytes)
        document.close()
        JSON.prepare()
        let reader = try HandOverReader(parsing: text)
        ThisProcess.setName("sproxy-keys")
        SignalSource.ignoreBrokenPipe()
        // Signals of a terminal reach every process; the master decides what they mean.
        _ = try SignalSource([.interrupt, .quit, .hangup, .user1, .user2])
        TLSLibrary.prepare()
        _ = KeyHolder.protectMemory()

        var keys: [PrivateKey] = []
        var usesStore = false
        for value in try reader.array("keys") {
            let entry = HandOverReader(value)
            // Whether a key belongs to its certificate is found out by the workers, who have it sign something.
            if value["uri"] != nil {
                usesStore = true
                keys.append(try KeyStore.open(uri: try entry.text("uri")))
            } else {
                keys.append(try PrivateKey(pem: try entry.bytes("pem"), label: try entry.text("name")))
            }
        }
        _ = try confinement(reader, usesStore: usesStore).apply()
        var channels: [Int32] = []
        for value in try reader.array("channels") { channels.append(try HandOverReader.descriptor(value, "channels")) }
        return (KeyHolder(keys: keys), channels)
    }

    /// A module for a token brings threads, files and sockets of its own, so that what it may do can't be told from
    /// here; keys from files need nothing any more.
    private static func confinement(_ reader: HandOverReader, usesStore: Bool) throws(HandOverError) -> Confinement {
        var confinement = Confinement()
        confinement.noNewPrivileges = try reader.flag("noNewPrivileges")
        confinement.dropCapabilities = try reader.flag("dropCapabilities")
        confinement.landlock = try reader.flag("landlock")
        confinement.systemCalls = try reader.flag("seccomp") ? .keyHolder : .none
        confinement.jail = try? reader.text("jail")
        if usesStore {
            confinement.landlock = false
            confinement.systemCalls = .none
            confinement.jail = nil
        }
        return confinement
    }
}
