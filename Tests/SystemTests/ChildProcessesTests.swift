import CLinux
import Glibc
import System
import Testing

@Suite struct ChildProcessesTests {
    private let shell = "/bin/sh"

    /// Runs `script` in a shell with its standard output in a pipe; what it printed and how it ended.
    private func output(
        of script: String, environment: [(String, String)]? = nil, descriptors: [(number: Int32, as: Int32)] = []
    ) throws -> (text: String, end: ChildEnd) {
        let (reading, writing) = try Descriptor.pipe()
        let pid = try ChildProcesses.spawn(
            executable: shell, arguments: ["sh", "-c", script], environment: environment,
            descriptors: descriptors + [(number: writing.number, as: 1)])
        writing.close()
        let text = String(decoding: try File.read(descriptor: reading.number, named: "pipe"), as: UTF8.self)
        return (text, try ended(pid))
    }

    @Test func anEndIsToldInWords() throws {
        let one = try ChildProcesses.spawn(executable: shell, arguments: ["sh", "-c", "exit 3"])
        #expect(try ended(one) == .exited(3))
        let other = try ChildProcesses.spawn(executable: shell, arguments: ["sh", "-c", "kill -9 $$"])
        #expect(try ended(other) == .killed(signal: 9))
        #expect(ChildProcesses.reap(one) == nil)
        #expect(ChildEnd.exited(3).description == "exited with code 3")
        #expect(ChildEnd.killed(signal: 9).description == "was killed by signal 9 (SIGKILL)")
        #expect(ChildEnd.killed(signal: 99).description == "was killed by signal 99")
        #expect(ChildEnd.exited(0).isSuccess && !ChildEnd.exited(1).isSuccess)
    }

    @Test func everyChildIsCollectedWithoutBeingNamed() async {
        // In a process of its own: here it would collect other tests' children.
        await #expect(processExitsWith: .success) {
            #expect(ChildProcesses.reap() == nil)
            var waiting: Set<Int32> = []
            for code in 0..<3 {
                waiting.insert(
                    try ChildProcesses.spawn(executable: "/bin/sh", arguments: ["sh", "-c", "exit \(code)"]))
            }
            var codes: Set<Int32> = []
            _ = waits(until: {
                while let (pid, end) = ChildProcesses.reap() {
                    if case .exited(let code) = end, waiting.remove(pid) != nil { codes.insert(code) }
                }
                return waiting.isEmpty
            })
            #expect(codes == [0, 1, 2])
        }
    }

    @Test func aProgramThatCannotRunIsAnErrorAndLeavesNoChild() throws {
        let missing = #expect(throws: SystemError.self) {
            _ = try ChildProcesses.spawn(executable: "/nonexistent/program", arguments: ["program"])
        }
        #expect(missing?.description == "spawn /nonexistent/program: No such file or directory (ENOENT)")
        let directory = #expect(throws: SystemError.self) {
            _ = try ChildProcesses.spawn(executable: "/tmp", arguments: ["tmp"])
        }
        #expect(directory?.name == "EACCES")
        let closed = #expect(throws: SystemError.self) {
            _ = try ChildProcesses.spawn(
                executable: shell, arguments: ["sh"], descriptors: [(number: 1_000_000, as: 3)])
        }
        #expect(closed?.name == "EBADF")
    }

    @Test func aFailedStartLeavesNothingToCollect() async {
        await #expect(processExitsWith: .success) {
            #expect(throws: SystemError.self) {
                _ = try ChildProcesses.spawn(executable: "/nonexistent/program", arguments: ["program"])
            }
            var value: Int32 = 0
            var bySignal = false
            // ECHILD: none at all, not even one that waits to be collected.
            let result = unsafe clinux_reap(-1, &value, &bySignal)
            #expect(result == -10)
        }
    }

    @Test func childrenAreCollectedThoughThisProcessWasToldToIgnoreThem() async {
        await #expect(processExitsWith: .success) {
            _ = signal(SIGCHLD, SIG_IGN)
            let signals = try SignalSource([.child])
            let pid = try ChildProcesses.spawn(executable: "/bin/sh", arguments: ["sh", "-c", "exit 3"])
            #expect(try ended(pid) == .exited(3))
            withExtendedLifetime(signals) {}
        }
    }

    @Test func whatCannotBeMeantIsRefused() throws {
        let null = try Descriptor.pipe()
        for (arguments, descriptors) in [
            ([], []), (["sh\0", "-c"], []),
            (["sh"], [(number: null.reading.number, as: Int32(3)), (number: null.writing.number, as: 3)]),
        ] as [([String], [(number: Int32, as: Int32)])] {
            let error = #expect(throws: SystemError.self) {
                _ = try ChildProcesses.spawn(executable: shell, arguments: arguments, descriptors: descriptors)
            }
            #expect(error?.name == "EINVAL")
        }
        let negative = #expect(throws: SystemError.self) {
            _ = try ChildProcesses.spawn(
                executable: shell, arguments: ["sh"], descriptors: [(number: null.reading.number, as: -1)])
        }
        #expect(negative?.name == "EBADF")
    }

    @Test func onlyTheNamedDescriptorsAreOpen() throws {
        let leaked = try Descriptor.pipe()
        // One that is not close-on-exec, as a library may have left it.
        try leaked.reading.setCloseOnExec(false)
        let passed = try Descriptor.pipe()
        // The shell's own wildcard descriptor is closed again before `test` looks.
        let script = "for f in 0 1 2 3 4 5 6 7 8 9; do if test -e /proc/$$/fd/$f; then printf $f; fi; done"
        let (text, end) = try output(
            of: "\(script); readlink /proc/$$/fd/0",
            descriptors: [(number: passed.writing.number, as: 4), (number: passed.reading.number, as: 7)])
        #expect(text == "01247/dev/null\n")
        #expect(end == .exited(0))
        let count = try output(
            of: "set -- /proc/$$/fd/*; echo $#", descriptors: [(number: passed.writing.number, as: 99)])
        // 0, 1, 2, 99, and the directory that is being listed.
        #expect(["4\n", "5\n"].contains(count.text))
    }

    @Test func descriptorsMayChangePlaces() throws {
        let one = try SealedMemory.make(Array("one".utf8), name: "one")
        let two = try SealedMemory.make(Array("two".utf8), name: "two")
        // Each goes where the other is: copied one after the other, both would be the same.
        let (text, _) = try output(
            of: "readlink /proc/$$/fd/\(one.number) /proc/$$/fd/\(two.number)",
            descriptors: [(number: one.number, as: two.number), (number: two.number, as: one.number)])
        let lines = text.split(separator: "\n")
        #expect(lines.count == 2 && lines.first?.contains("memfd:two") == true)
        #expect(lines.last?.contains("memfd:one") == true)
    }

    @Test func manyDescriptorsArrive() throws {
        let memory = try SealedMemory.make([1], name: "many")
        let list = (0..<300).map { (number: memory.number, as: Int32(3 + $0)) }
        let (text, _) = try output(of: "set -- /proc/$$/fd/*; test $# -ge 303 && echo all", descriptors: list)
        #expect(text == "all\n")
    }

    @Test func theEnvironmentIsTheGivenOneOrWhatMayBeInherited() async throws {
        let given = try output(of: "echo $A; env | wc -l", environment: [("A", "b=c"), ("PATH", "/usr/bin:/bin")])
        #expect(given.text.hasPrefix("b=c\n"))
        await #expect(processExitsWith: .success) {
            setVariable("NOTIFY_SOCKET", "/nowhere")
            setVariable("LISTEN_FDS", "1")
            setVariable("SECURE_PROXY_TEST", "inherited")
            let script = "test -z \"$NOTIFY_SOCKET$LISTEN_FDS\" && test \"$SECURE_PROXY_TEST\" = inherited"
            let pid = try ChildProcesses.spawn(executable: "/bin/sh", arguments: ["sh", "-c", script])
            #expect(try ended(pid) == .exited(0))
        }
    }

    @Test func signalsAreAsAtBirth() throws {
        // The test process ignores SIGPIPE and blocks nothing or something: neither is the child's business.
        SignalSource.ignoreBrokenPipe()
        let (text, _) = try output(of: "exec cat /proc/self/status")
        let lines = text.split(separator: "\n").filter { line in
            ["SigBlk:", "SigIgn:", "SigCgt:"].contains { line.hasPrefix($0) }
        }
        // 32 and 33 belong to the C library, which lets nobody touch them.
        let own: UInt64 = 0b11 << 31
        let masks = lines.compactMap { UInt64($0.split(separator: "\t").last ?? "", radix: 16).map { $0 & ~own } }
        #expect(masks == [0, 0, 0])
    }

    @Test func thisProgramIsFoundWithoutItsPath() throws {
        // Whatever the tests' own program makes of the option: that it starts is what counts. The daemon's scenarios
        // show the rest.
        let (reading, writing) = try Descriptor.pipe()
        let pid = try ChildProcesses.spawn(
            arguments: ["itself", "--version"],
            descriptors: [(number: writing.number, as: 1), (number: writing.number, as: 2)])
        let own = unsafe realpath("/proc/self/exe", nil)
        let child = unsafe realpath("/proc/\(pid)/exe", nil)
        defer {
            unsafe free(own)
            unsafe free(child)
        }
        // It may have ended already, and then has no program any more.
        if let own = unsafe own, let child = unsafe child {
            let isSame = unsafe strcmp(own, child) == 0
            #expect(isSame)
        }
        ChildProcesses.signal(pid, 9)
        _ = try ended(pid)
        withExtendedLifetime(reading) {}
    }

    @Test func aChildCanBeToldToEndWithItsParent() async throws {
        // Its parent is a process of the tests' own that ends as soon as the child has said who it is.
        let scratch = try Scratch()
        let path = "\(scratch.path)/child"
        await #expect(processExitsWith: .success) { [path = path as String] in
            _ = try ChildProcesses.spawn(
                executable: "/bin/sh", arguments: ["sh", "-c", "echo $$ > \(path); exec sleep 60"], deathSignal: 15)
            #expect(waits(until: { childPid(path) != nil }))
        }
        let pid = try #require(childPid(path))
        // Nobody here is its parent: its end shows in /proc.
        #expect(waits(until: { !isAlive(pid) }))
    }

    @Test func signalsReachOneProcessOnly() throws {
        #expect(!ChildProcesses.signal(0, 0))
        #expect(!ChildProcesses.signal(-1, 0))
        #expect(ChildProcesses.signal(ThisProcess.id, 0))
        let pid = try ChildProcesses.spawn(executable: shell, arguments: ["sh", "-c", "exec sleep 60"])
        #expect(ChildProcesses.reap(pid) == nil)
        #expect(ChildProcesses.signal(pid, 15))
        #expect(try ended(pid) == .killed(signal: 15))
        #expect(!ChildProcesses.signal(pid, 15))
    }
}

/// The pid that a test's shell has written as the only word of the file.
private func childPid(_ path: String) -> Int32? {
    guard let bytes = try? File.read(path), bytes.last == 10 else { return nil }
    return Int32(String(decoding: bytes.dropLast(), as: UTF8.self))
}

/// Whether a process runs (one that waits to be collected doesn't).
private func isAlive(_ pid: Int32) -> Bool {
    guard let bytes = try? File.read("/proc/\(pid)/stat") else { return false }
    let text = String(decoding: bytes, as: UTF8.self)
    guard let state = text.split(separator: ")").last?.split(separator: " ").first else { return false }
    return state != "Z" && state != "X"
}
