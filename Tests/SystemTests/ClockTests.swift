import Bytes
import System
import Testing

@Suite struct ClockTests {
    @Test func theMonotonicClockNeverGoesBack() {
        var last = Clock.monotonic
        for _ in 0..<10_000 {
            let now = Clock.monotonic
            #expect(now >= last)
            last = now
        }
    }

    @Test func theCalendarIsPlausible() {
        // After 2025-01-01 and before 2100-01-01.
        #expect((1_735_689_600..<4_102_444_800).contains(Clock.unix.seconds))
        #expect(Clock.unixNanoseconds / 1_000_000_000 >= Clock.unix.seconds)
    }
}
