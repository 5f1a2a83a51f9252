import Bytes
import Testing

@testable import Bridge

@Suite struct DeadlinesTests {
    private let start = MonotonicTime(nanoseconds: 1_000_000_000_000)

    private var limits: BridgeLimits {
        var limits = BridgeLimits()
        limits.idleTimeout = .seconds(60)
        limits.pingInterval = .seconds(30)
        limits.pingTimeout = .seconds(20)
        limits.sendTimeout = .seconds(45)
        limits.closeTimeout = .seconds(10)
        return limits
    }

    private func deadlines(tokenEnd: MonotonicTime? = nil, _ limits: BridgeLimits? = nil) -> Deadlines {
        Deadlines(openedAt: start, tokenEnd: tokenEnd, limits: limits ?? self.limits)
    }

    @Test func aSilentClientIsPingedFirst() {
        let next = deadlines().next(.init(), limits)
        #expect(next.at == start + .seconds(30))
        #expect(next.1 == .ping)
    }

    @Test func aPingThatIsNotAnsweredDropsTheClient() {
        var deadlines = deadlines()
        deadlines.pingSent = start + .seconds(30)
        let next = deadlines.next(.init(), limits)
        #expect(next.at == start + .seconds(50))
        #expect(next.1 == .pingUnanswered)
    }

    @Test func anythingFromTheClientAnswersAPing() {
        var deadlines = deadlines()
        deadlines.pingSent = start + .seconds(30)
        deadlines.lastFromClient = start + .seconds(31)
        #expect(deadlines.next(.init(), limits).1 == .idle)
        deadlines.lastData = start + .seconds(31)
        let next = deadlines.next(.init(), limits)
        #expect(next.at == start + .seconds(61))
        #expect(next.1 == .ping)
    }

    @Test func pongsAloneDoNotKeepAnIdleTunnel() {
        var deadlines = deadlines()
        deadlines.pingSent = start + .seconds(30)
        deadlines.lastFromClient = start + .seconds(40)
        let next = deadlines.next(.init(), limits)
        #expect(next.at == start + .seconds(60))
        #expect(next.1 == .idle)
    }

    @Test func withoutLimitsNothingIsEverDue() {
        var limits = limits
        limits.idleTimeout = nil
        limits.pingInterval = nil
        #expect(deadlines(limits).next(.init(), limits).at == .distantFuture)
    }

    @Test func aBackendThatTakesNothingIsGivenUp() {
        var deadlines = deadlines()
        deadlines.lastData = start + .seconds(44)
        deadlines.lastFromClient = start + .seconds(44)
        let next = deadlines.next(.init(backendBlocked: true), limits)
        #expect(next.at == start + .seconds(45))
        #expect(next.1 == .backendStalled)
    }

    /// A ping would wait behind the output and say nothing, so a blocked client is judged by its progress alone.
    @Test func aBlockedClientIsJudgedByItsProgress() {
        var deadlines = deadlines()
        deadlines.lastData = start + .seconds(20)
        deadlines.clientProgress = start + .seconds(5)
        let next = deadlines.next(.init(clientBlocked: true), limits)
        #expect(next.at == start + .seconds(50))
        #expect(next.1 == .clientStalled)
    }

    @Test func theTokensEndEndsTheTunnel() {
        let next = deadlines(tokenEnd: start + .seconds(3)).next(.init(), limits)
        #expect(next.at == start + .seconds(3))
        #expect(next.1 == .tokenExpired)
    }

    @Test func aLifetimeEndsTheTunnel() {
        var limits = limits
        limits.maxLifetime = .seconds(7)
        let next = deadlines(limits).next(.init(), limits)
        #expect(next.at == start + .seconds(7))
        #expect(next.1 == .lifetimeReached)
    }

    @Test func whileClosingOnlyTheCloseCounts() {
        var deadlines = deadlines(tokenEnd: start)
        deadlines.closeProgress = start + .seconds(2)
        let next = deadlines.next(.init(isClosing: true), limits)
        #expect(next.at == start + .seconds(12))
        #expect(next.1 == .closeOverdue)
    }

    /// What a client sent before its Close is owed to the backend, however slowly it reads.
    @Test func aSlowBackendHasTimeForTheRest() {
        let next = deadlines().next(.init(backendBlocked: true, isClosing: true), limits)
        #expect(next.at == start + .seconds(45))
        #expect(next.1 == .closeOverdue)
    }
}
