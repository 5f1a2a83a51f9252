import Bytes
import Glibc
import MockServers
import System
import Testing

@testable import Daemon

@Suite struct InheritanceTests {
    // MARK: Taking. The environment is the process's, so each has a process of its own.

    @Test func whatThePredecessorPassedOnIsTaken() async {
        await #expect(processExitsWith: .success) {
            let (predecessor, end) = try MessageChannel.pair()
            let sockets = try (0..<2).map { _ in try Socket.listen(at: .anyLoopbackPort) }
            for socket in sockets { try socket.setCloseOnExec(false) }
            let numbers = sockets.map { $0.release() }
            let channel = end.release()
            unsafe setenv(Inheritance.variable, "\(channel),1,\(numbers[0]),\(numbers[1])", 1)

            let inheritance = Inheritance.take()
            #expect(inheritance.sockets.map(\.number) == numbers)
            #expect(inheritance.predecessor?.number == channel)
            #expect(inheritance.predecessorHasKeys)
            // Later children see nothing of it.
            #expect(ThisProcess.environment(Inheritance.variable) == nil)
            for number in numbers + [channel] { #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0) }

            inheritance.tellPredecessor()
            guard case .message(let word, _) = try predecessor.receive() else {
                Issue.record("the predecessor was told nothing")
                return
            }
            #expect(word == [UInt8(ascii: "S")])
            // Taken once.
            #expect(Inheritance.take().predecessor == nil)
            withExtendedLifetime(inheritance) {}
        }
    }

    @Test func nothingIsTakenWhereNothingIs() async {
        await #expect(processExitsWith: .success) {
            for text in [nil, "", "x", "7", ",,,", "x,y,z"] {
                if let text { unsafe setenv(Inheritance.variable, text, 1) }
                let inheritance = Inheritance.take()
                #expect(inheritance.sockets.isEmpty && inheritance.predecessor == nil)
                #expect(!inheritance.predecessorHasKeys)
                #expect(ThisProcess.environment(Inheritance.variable) == nil)
                // A master that has no predecessor tells nobody, and that is all right.
                inheritance.tellPredecessor()
            }
        }
    }

    @Test func aPredecessorWithoutKeysIsToldApart() async {
        await #expect(processExitsWith: .success) {
            let (_, end) = try MessageChannel.pair()
            unsafe setenv(Inheritance.variable, "\(end.release()),0", 1)
            let inheritance = Inheritance.take()
            #expect(inheritance.predecessor != nil)
            #expect(!inheritance.predecessorHasKeys)
            #expect(inheritance.sockets.isEmpty)
        }
    }

    // MARK: Passing on, to a shell in the place of the new binary

    /// Starts a shell with `script` as the successor, and answers it when it has said something or has ended.
    private func successor(_ script: String, sockets: [Descriptor], hasKeys: Bool) throws -> Replacement {
        let replacement = try Replacement(
            "/bin/sh", arguments: ["sh", "-c", script], sockets: sockets, hasKeys: hasKeys, deadline: .distantFuture)
        let epoll = try Epoll(capacity: 1)
        try epoll.add(replacement.number, .readable, edgeTriggered: false, tag: 0)
        #expect(try epoll.wait(timeoutMilliseconds: 10_000) == 1)
        return replacement
    }

    /// Ends it and answers how it ended.
    private func end(_ replacement: Replacement) throws -> ChildEnd? {
        var end: ChildEnd?
        try eventually {
            end = ChildProcesses.reap(replacement.pid)?.end
            return end != nil
        }
        return end
    }

    @Test(arguments: [(true, "3,1,4,5"), (false, "3,0,4,5")])
    func theSuccessorFindsTheSocketsWhereItIsTold(hasKeys: Bool, text: String) throws {
        let sockets = try (0..<2).map { _ in try Socket.listen(at: .anyLoopbackPort) }
        let script = """
            test "$\(Inheritance.variable)" = \(text) && test -S /proc/self/fd/4 && test -S /proc/self/fd/5 &&
            ! test -e /proc/self/fd/6 && printf S >&3
            """
        let replacement = try successor(script, sockets: sockets, hasKeys: hasKeys)
        #expect(replacement.serves)
        #expect(try end(replacement) == .exited(0))
        // They are still ours.
        #expect(sockets.allSatisfy { !$0.isClosed && Descriptor.isOpen($0.number) })
    }

    @Test(arguments: ["exit 1", "printf X >&3; exit 1", "exec 3>&-; exit 1"])
    func oneThatEndsOrSaysSomethingElseDoesNotServe(_ script: String) throws {
        let replacement = try successor(script, sockets: [], hasKeys: false)
        #expect(!replacement.serves)
        #expect(try end(replacement) == .exited(1))
    }

    @Test func oneThatIsNotWantedAnyMoreIsEnded() throws {
        // The channel stays open in it; its first word is no promise.
        let replacement = try successor("printf X >&3; exec sleep 30", sockets: [], hasKeys: false)
        let now = Clock.monotonic
        replacement.cancel(at: now)
        #expect(replacement.deadline == now + .seconds(2))
        #expect(try end(replacement) == .killed(signal: 15))
    }

    @Test func aBinaryThatIsNotThereIsAnErrorHere() {
        #expect(throws: SystemError.self) {
            try Replacement(
                "/nonexistent/secure-proxy", arguments: ["secure-proxy"], sockets: [], hasKeys: false,
                deadline: .distantFuture)
        }
    }
}
