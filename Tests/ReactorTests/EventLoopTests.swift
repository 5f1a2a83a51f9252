import Bytes
import Reactor
import System
import Testing

/// Notes what it is told.
private final class Recorder: EventSource, TimerTarget {
    var events: [(Readiness, UInt8)] = []
    var timers: [UInt8] = []
    var onReady: (Readiness, UInt8) -> Void = { _, _ in }
    func ready(_ readiness: Readiness, role: UInt8) {
        events.append((readiness, role))
        onReady(readiness, role)
    }
    func timerFired(purpose: UInt8) { timers.append(purpose) }
}

private func send(_ bytes: [UInt8], to descriptor: Descriptor) {
    _ = unsafe bytes.withUnsafeBytes { unsafe Socket.send(descriptor.number, $0) }
}

@Suite struct EventLoopTests {
    @Test func readinessIsReportedOnceForEachChange() throws {
        let loop = try EventLoop()
        let recorder = Recorder()
        let (one, other) = try Socket.pair()
        let registration = try loop.register(one.number, source: recorder, role: 7)
        try loop.turn(maximumWait: .zero)
        #expect(recorder.events.count == 1)  // writable at once
        try loop.turn(maximumWait: .zero)
        #expect(recorder.events.count == 1)
        send([1], to: other)
        try loop.turn(maximumWait: .seconds(5))
        #expect(recorder.events.count == 2)
        #expect(recorder.events[1].0.contains(.readable))
        #expect(recorder.events[1].1 == 7)
        loop.deregister(registration)
        send([2], to: other)
        try loop.turn(maximumWait: .zero)
        #expect(recorder.events.count == 2)
        #expect(loop.watched == 0)
    }

    /// Registrations and continuations whose room was given back stay stale, also when others have the room by then.
    @Test func givingBackRoomLeavesNobodyOut() throws {
        let loop = try EventLoop()
        let recorder = Recorder()
        let (kept, peer) = try Socket.pair()
        let registration = try loop.register(kept.number, source: recorder, role: 1)
        var crowd: [(Descriptor, Registration)] = []
        for _ in 0..<50 {
            let one = try Socket.pair().0
            crowd.append((one, try loop.register(one.number, source: recorder, role: 2)))
        }
        try loop.turn(maximumWait: .zero)
        for (_, member) in crowd {
            loop.deregister(member)
            loop.continueLater(member, .readable)
        }
        loop.releaseUnused()
        loop.continueLater(registration, .readable)
        recorder.events = []
        try loop.turn(maximumWait: .zero)
        #expect(recorder.events.map(\.1) == [1])
        try loop.turn(maximumWait: .zero)
        let newcomer = Recorder()
        var next: [(Descriptor, Registration)] = []
        for _ in 0..<50 {
            let one = try Socket.pair().0
            next.append((one, try loop.register(one.number, source: newcomer, role: 3)))
        }
        for (_, member) in crowd {
            loop.deregister(member)
            loop.continueLater(member, .readable)
        }
        recorder.events = []
        send([1], to: peer)
        try loop.turn(maximumWait: .seconds(5))
        #expect(recorder.events.map(\.1) == [1])
        #expect(newcomer.events.allSatisfy { $0.0.contains(.writable) } && newcomer.events.count == 50)
        #expect(loop.watched == 51)
        for (_, member) in next { loop.deregister(member) }
        loop.deregister(registration)
    }

    /// Two descriptors become ready in one batch, and the first one's handler removes the second: the second's event
    /// is stale and must not be delivered, not even to whoever has its slot by then.
    @Test func staleEventsOfTheSameBatchAreDropped() throws {
        let loop = try EventLoop()
        let (first, firstPeer) = try Socket.pair()
        let (second, secondPeer) = try Socket.pair()
        let (third, thirdPeer) = try Socket.pair()
        let recorders = (Recorder(), Recorder(), Recorder())
        let registrations = [
            try loop.register(first.number, source: recorders.0, role: 0),
            try loop.register(second.number, source: recorders.1, role: 1),
        ]
        var replaced = false
        let replaceOther: (Int) -> Void = { other in
            if replaced { return }
            replaced = true
            loop.deregister(registrations[other])
            do { _ = try loop.register(third.number, source: recorders.2, role: 2) } catch { Issue.record(error) }
        }
        recorders.0.onReady = { _, _ in replaceOther(1) }
        recorders.1.onReady = { _, _ in replaceOther(0) }
        send([1], to: firstPeer)
        send([1], to: secondPeer)
        try loop.turn(maximumWait: .seconds(5))
        #expect(recorders.0.events.count + recorders.1.events.count == 1)
        #expect(recorders.2.events.isEmpty)
        withExtendedLifetime(thirdPeer) {}
    }

    @Test func aContinuationComesInTheNextTurnWithoutWaiting() throws {
        let loop = try EventLoop()
        let recorder = Recorder()
        let (one, other) = try Socket.pair()
        let registration = try loop.register(one.number, source: recorder, role: 0)
        try loop.turn(maximumWait: .zero)
        loop.continueLater(registration, [.readable])
        try loop.turn()
        #expect(recorder.events.last?.0 == [.readable])
        withExtendedLifetime(other) {}
    }

    @Test func timersFireInOrderAndCancelledOnesDoNot() throws {
        let loop = try EventLoop()
        let recorder = Recorder()
        _ = loop.schedule(at: loop.now + .milliseconds(4), recorder, purpose: 2)
        _ = loop.schedule(at: loop.now + .milliseconds(2), recorder, purpose: 1)
        loop.cancel(loop.schedule(at: loop.now + .milliseconds(1), recorder, purpose: 3))
        while recorder.timers.count < 2 { try loop.turn(maximumWait: .seconds(1)) }
        #expect(recorder.timers == [1, 2])
    }

    @Test func theLoopDoesNotKeepATimersTargetAlive() throws {
        let loop = try EventLoop()
        weak var gone: Recorder?
        do {
            let recorder = Recorder()
            gone = recorder
            _ = loop.schedule(at: loop.now, recorder, purpose: 0)
        }
        #expect(gone == nil)
        try loop.turn(maximumWait: .zero)
    }

    @Test func jobsRunAfterTheBatchAndMayAddJobs() throws {
        let loop = try EventLoop()
        var order: [Int] = []
        loop.enqueue {
            order.append(1)
            loop.enqueue { order.append(2) }
        }
        try loop.turn(maximumWait: .zero)
        #expect(order == [1, 2])
    }

    @Test func aTransferredDescriptorTellsItsNewSource() throws {
        let loop = try EventLoop()
        let (one, other) = try Socket.pair()
        let (old, new) = (Recorder(), Recorder())
        let registration = try loop.register(one.number, source: old, role: 0)
        try loop.turn(maximumWait: .zero)
        loop.transfer(registration, to: new, role: 5)
        send([1], to: other)
        try loop.turn(maximumWait: .seconds(5))
        #expect(old.events.count == 1)
        #expect(new.events.first?.1 == 5)
    }
}
