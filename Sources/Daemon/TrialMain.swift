// The trial: a process that confines itself as a worker does, and then tries to break out. `secure-proxy check` starts
// one to tell what will hold on this machine; tests start it to see that it does.
internal import JSON
internal import Settings
internal import System

/// One line of a trial's account.
struct TrialLine: Equatable {
    /// Whether a layer failed or a misdeed worked.
    var isBreach: Bool
    /// What came of it.
    var words: String
}

/// The role.
enum TrialMain {
    static func run() -> ExitCode {
        let control = MessageChannel(owning: Descriptor(owning: RoleDescriptor.control))
        func tell(_ line: TrialLine) {
            _ = try? control.send([UInt8(ascii: line.isBreach ? "!" : " ")] + Array(line.words.utf8))
        }
        do {
            let document = try SealedMemory.read(RoleDescriptor.handOver, limit: HandOver.maxBytes)
            JSON.prepare()
            let handOver = try HandOver(parsing: document)
            let settings = try Settings.load(text: handOver.settingsText, file: handOver.settingsFile)
            let confinement = settings.confinement(identity: handOver.identity)
            var targets = BreakOut.Targets()
            targets.secretFiles = settings.keyPairs.filter { $0.keyURI == nil }.map(\.key)
            targets.outsidePath = confinement.jail == nil ? nil : "/etc/passwd"
            targets.processes = [BreakOut.Process(name: "master", id: ThisProcess.parentID)]
            targets.readableFile = "/etc/hosts"
            let lines = ConfinementTrial.run(confinement, BreakOut.all(targets))
            let breaches = ConfinementTrial.breaches(in: lines)
            for line in lines { tell(TrialLine(isBreach: breaches.contains(line), words: "\(line)")) }
            return .success
        } catch {
            tell(TrialLine(isBreach: true, words: "the trial failed: \(error)"))
            return .failure
        }
    }
}

/// Whoever starts a trial.
enum SecurityTrial {
    /// How long one may take, in milliseconds.
    private static let patience: Int32 = 10_000

    /// What tells what holds of the confinement that settings ask for, which have this text, for workers that become
    /// this user.
    typealias Method = @Sendable (Settings, [UInt8], UserIdentity?) throws -> [TrialLine]

    /// Starts the role and collects its account.
    static func run(_ settings: Settings, _ text: [UInt8], _ identity: UserIdentity?) throws -> [TrialLine] {
        if let jail = settings.security.jailBaseDir { try JailFiles.check(jail) }
        var handOver = HandOver(
            settingsFile: settings.file, settingsText: text,
            files: CapturedFiles(contents: [:], heldKeys: [:], trusted: nil))
        handOver.identity = identity
        let document = try SealedMemory.make(handOver.serialized(), name: "secure-proxy trial")
        let (channel, theirs) = try MessageChannel.pair()
        let pid = try ChildProcesses.spawn(
            arguments: Role.trial.arguments, environment: Role.environment,
            descriptors: [
                (number: document.number, as: RoleDescriptor.handOver),
                (number: theirs.number, as: RoleDescriptor.control),
            ])
        theirs.close()
        defer {
            ChildProcesses.signal(pid, 9)
            ChildProcesses.awaitEnd(pid)
        }
        let epoll = try Epoll(capacity: 1)
        try epoll.add(channel.number, .readable, edgeTriggered: false, tag: 0)
        var lines: [TrialLine] = []
        while true {
            switch try channel.receive() {
            case .message(let bytes, _):
                lines.append(
                    TrialLine(
                        isBreach: bytes.first != UInt8(ascii: " "),
                        words: String(decoding: bytes.dropFirst(), as: UTF8.self)))
            case .ended: return lines
            case .nothing:
                guard try epoll.wait(timeoutMilliseconds: patience) > 0 else {
                    throw StartError("the trial of the workers' confinement doesn't end")
                }
            }
        }
    }
}
