import Testing

@testable import Daemon

@Suite struct RestartPolicyTests {
    private let short: Duration = .milliseconds(5)

    private func waits(_ policy: inout RestartPolicy, _ count: Int) -> [Duration] {
        (0..<count).map { _ in policy.next(afterLiving: short) }
    }

    @Test func theFirstAreReplacedAtOnceAndThenLaterAndLater() {
        var policy = RestartPolicy(delay: .seconds(1), maximum: .seconds(30))
        let expected: [Duration] = [.zero, .zero, .zero] + [1, 2, 4, 8, 16, 30, 30].map { .seconds($0) }
        #expect(waits(&policy, expected.count) == expected)
    }

    @Test func aWorkerThatServedStartsTheCountAnew() {
        var policy = RestartPolicy(delay: .seconds(1), maximum: .seconds(30))
        _ = waits(&policy, 6)
        #expect(policy.next(afterLiving: RestartPolicy.settled - .nanoseconds(1)) == .seconds(8))
        #expect(policy.next(afterLiving: RestartPolicy.settled) == .zero)
        #expect(policy.count == 1)
        #expect(waits(&policy, 3) == [.zero, .zero, .seconds(1)])
    }

    @Test func itGoesOnForEverWithinItsBounds() {
        for maximum in [Duration.seconds(30), .seconds(86_400), .seconds(1 << 40)] {
            var policy = RestartPolicy(delay: .milliseconds(1), maximum: maximum)
            var last: Duration = .zero
            for _ in 0..<1000 {
                let wait = policy.next(afterLiving: .zero)
                #expect(wait >= last && wait <= maximum)
                last = wait
            }
            #expect(last == maximum)
        }
    }

    @Test func delaysAtTheEdges() {
        var none = RestartPolicy(delay: .zero, maximum: .seconds(30))
        #expect(waits(&none, 100).allSatisfy { $0 == .zero })
        var longer = RestartPolicy(delay: .seconds(60), maximum: .seconds(30))
        #expect(waits(&longer, 6).suffix(3) == [.seconds(30), .seconds(30), .seconds(30)])
        var same = RestartPolicy(delay: .seconds(30), maximum: .seconds(30))
        #expect(waits(&same, 6).suffix(3) == [.seconds(30), .seconds(30), .seconds(30)])
    }
}
