import Bytes
import Reactor
import Testing

@Suite struct TimerQueueTests {
    private func at(_ nanoseconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: nanoseconds) }

    @Test func timersComeInOrderAndOnlyWhenDue() {
        var queue = TimerQueue<Int>()
        for deadline in [30, 10, 20] { _ = queue.schedule(at: at(Int64(deadline)), deadline) }
        #expect(queue.nextDeadline() == at(10))
        #expect(queue.popDue(at: at(9)) == nil)
        #expect(queue.popDue(at: at(25)) == 10)
        #expect(queue.popDue(at: at(25)) == 20)
        #expect(queue.popDue(at: at(25)) == nil)
        #expect(queue.live == 1)
    }

    @Test func aCancelledTimerNeverComesAndItsNameIsStale() {
        var queue = TimerQueue<String>()
        let first = queue.schedule(at: at(1), "first")
        queue.cancel(first)
        let second = queue.schedule(at: at(2), "second")
        queue.cancel(first)  // the slot is second's now
        #expect(queue.popDue(at: at(5)) == "second")
        queue.cancel(second)
        #expect(queue.live == 0)
        #expect(queue.nextDeadline() == nil)
    }

    /// Names of timers that a crowd has left with its room mean nothing afterwards, and none of the others is lost.
    @Test func givingBackRoomLosesNothing() {
        var queue = TimerQueue<Int>()
        let kept = queue.schedule(at: at(500), -1)
        let crowd = (0..<1_000).map { queue.schedule(at: at(Int64($0)), $0) }
        for timer in crowd.dropFirst(2) { queue.cancel(timer) }
        queue.releaseUnused()
        #expect(queue.live == 3)
        let next = (0..<1_000).map { queue.schedule(at: at(1_000 + Int64($0)), $0) }
        for timer in crowd.dropFirst(2) { queue.cancel(timer) }
        #expect(queue.live == 1_003)
        #expect((queue.popDue(at: at(400)), queue.popDue(at: at(400))) == (0, 1))
        queue.cancel(kept)
        #expect(queue.popDue(at: at(999)) == nil)
        for timer in next { queue.cancel(timer) }
        #expect(queue.live == 0)
        queue.releaseUnused()
        #expect(queue.nextDeadline() == nil)
    }

    @Test func agreesWithASortedListUnderRandomUse() {
        var queue = TimerQueue<Int>()
        var model: [(deadline: Int64, value: Int, id: TimerID)] = []
        for value in 0..<20_000 {
            switch Int.random(in: 0..<4) {
            case 0...1:
                let deadline = Int64.random(in: 0..<1_000)
                model.append((deadline, value, queue.schedule(at: at(deadline), value)))
            case 2 where !model.isEmpty:
                queue.cancel(model.remove(at: Int.random(in: 0..<model.count)).id)
            default:
                let now = Int64.random(in: 0..<1_000)
                let due = queue.popDue(at: at(now))
                let earliest = model.map(\.deadline).min()
                if let earliest, earliest <= now {
                    let index = model.firstIndex { $0.value == due }
                    #expect(index.map { model[$0].deadline } == earliest)
                    if let index { model.remove(at: index) }
                } else {
                    #expect(due == nil)
                }
            }
            #expect(queue.live == model.count)
        }
    }
}
