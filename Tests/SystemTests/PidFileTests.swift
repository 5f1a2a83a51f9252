import Glibc
import System
import Testing

@Suite struct PidFileTests {
    @Test func itNamesItsOwnerAndGoesWithIt() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/pid"
        #expect(PidFile.runningProcess(path) == nil)
        let file = try PidFile.acquire(path)
        #expect(try File.read(path) == Array("\(ThisProcess.id)\n".utf8))
        #expect(File.permissions(path) == 0o644)
        #expect(PidFile.runningProcess(path) == ThisProcess.id)
        #expect(throws: PidFileError.alreadyRunning(pid: ThisProcess.id, path: path)) {
            _ = try PidFile.acquire(path)
        }
        // Asking and being refused have taken nothing away.
        #expect(PidFile.runningProcess(path) == ThisProcess.id)
        file.release()
        file.release()
        #expect(!File.exists(path))
        #expect(PidFile.runningProcess(path) == nil)
    }

    @Test func aFileThatWasLeftBehindIsNoObstacle() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/pid"
        // Longer than what replaces it, and the pid of a process that lives.
        try File.write(Array("1\nand more that nobody needs\n".utf8), to: path, permissions: 0o644)
        #expect(PidFile.runningProcess(path) == nil)
        let file = try PidFile.acquire(path)
        #expect(try File.read(path) == Array("\(ThisProcess.id)\n".utf8))
        withExtendedLifetime(file) {}
    }

    @Test func theOwnersEndFreesItHoweverItComes() async throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/pid"
        await #expect(processExitsWith: .signal(9)) { [path = path as String] in
            let file = try PidFile.acquire(path)
            // A child that outlives it holds nothing.
            _ = try ChildProcesses.spawn(
                executable: "/bin/sh", arguments: ["sh", "-c", "exec sleep 5"], deathSignal: 9)
            ChildProcesses.signal(ThisProcess.id, 9)
            withExtendedLifetime(file) {}
        }
        #expect(File.exists(path))
        #expect(PidFile.runningProcess(path) == nil)
        let file = try PidFile.acquire(path)
        #expect(PidFile.runningProcess(path) == ThisProcess.id)
        withExtendedLifetime(file) {}
    }

    @Test func aSuccessorTakesThePathAndTheFormerOwnerMayComeBack() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/pid"
        let aside = "\(path).oldbin"
        let old = try PidFile.acquire(path)
        try old.renameTo(aside)
        #expect(old.path == aside)
        #expect(PidFile.runningProcess(path) == nil)
        #expect(PidFile.runningProcess(aside) == ThisProcess.id)

        let new = try PidFile.acquire(path)
        #expect(throws: PidFileError.alreadyRunning(pid: ThisProcess.id, path: path)) { try old.restore() }
        #expect(old.path == aside)
        new.release()
        try old.restore()
        try old.restore()
        #expect(PidFile.runningProcess(path) == ThisProcess.id)
        #expect(!File.exists(aside))

        // And once more, to its end.
        try old.renameTo(aside)
        let last = try PidFile.acquire(path)
        old.release()
        #expect(!File.exists(aside))
        #expect(PidFile.runningProcess(path) == ThisProcess.id)
        last.release()
    }

    @Test func whatASuccessorLeftBehindIsReplaced() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/pid"
        let old = try PidFile.acquire(path)
        try old.renameTo("\(path).oldbin")
        try File.write(Array("99999\n".utf8), to: path, permissions: 0o644)
        try old.restore()
        #expect(PidFile.runningProcess(path) == ThisProcess.id)
        old.release()
        #expect(!File.exists(path))
    }

    @Test func somebodyElsesFileStays() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/pid"
        let file = try PidFile.acquire(path)
        try File.write(Array("theirs\n".utf8), to: path, permissions: 0o644)
        file.release()
        #expect(try File.read(path) == Array("theirs\n".utf8))
    }

    @Test func linksAndOtherThingsAreNotWrittenTo() throws {
        let scratch = try Scratch()
        let target = "\(scratch.path)/target"
        try File.write([1, 2, 3], to: target, permissions: 0o644)
        let symbolic = "\(scratch.path)/symbolic"
        let hard = "\(scratch.path)/hard"
        let fifo = "\(scratch.path)/fifo"
        #expect(makeSymbolicLink(to: target, at: symbolic) && makeHardLink(to: target, at: hard) && makeFIFO(at: fifo))
        for path in [symbolic, hard, fifo] {
            #expect(throws: PidFileError.notAPlainFile(path: path)) { _ = try PidFile.acquire(path) }
            #expect(PidFile.runningProcess(path) == nil)
        }
        #expect(try File.read(target) == [1, 2, 3])
        #expect(throws: PidFileError.notAPlainFile(path: scratch.path)) { _ = try PidFile.acquire(scratch.path) }
        let missing = #expect(throws: PidFileError.self) { _ = try PidFile.acquire("/nonexistent/pid") }
        #expect(missing?.description.contains("cannot use the pid file /nonexistent/pid") == true)
    }

    @Test func whatIsNoPidIsNotTakenForOne() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/pid"
        let file = try PidFile.acquire(path)
        let writer = opened(path, O_WRONLY)
        for text in ["", "\n", "12", "-1\n", "0\n", "99999999999\n", "1 2\n", "123456789012345678\n"] {
            #expect(ftruncate(writer.number, 0) == 0)
            #expect(writeError(writer.number, Array(text.utf8)) == 0)
            #expect(PidFile.runningProcess(path) == nil, "\(text)")
        }
        withExtendedLifetime(file) {}
    }

    @Test func manyAtOnceGiveOneOwner() async throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/pid"
        for _ in 0..<20 {
            let owners = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        guard let file = try? PidFile.acquire(path) else { return false }
                        // Nobody else may get it while this one is held.
                        let alone =
                            (try? PidFile.acquire(path)) == nil && PidFile.runningProcess(path) == ThisProcess.id
                        file.release()
                        return alone
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(owners >= 1)
            #expect(!File.exists(path))
        }
    }

    @Test func errorsSayWhatToDo() {
        let running = PidFileError.alreadyRunning(pid: 7, path: "/run/p")
        #expect(
            running.description
                == "process 7 already runs here (it owns /run/p): stop it first, or name another pid file")
        #expect(PidFileError.alreadyRunning(pid: nil, path: "/run/p").description.hasPrefix("another process already"))
        #expect(PidFileError.notAPlainFile(path: "/run/p").description.contains("remove it"))
    }
}
