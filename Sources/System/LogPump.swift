internal import CLinux

/// Moves log lines to files, pipes and sockets without ever making the writer wait.
///
/// A line goes into a queue in memory; a thread takes it from there and writes it, in order. A full disk or a reader
/// that has stopped holds up that thread alone: the queue fills, and further lines are refused. Every process has its
/// own; lines of several processes keep whole in one file because each is one write to a file opened for appending.
@safe
public final class LogPump: @unchecked Sendable {
    // Sendable: the C side locks itself.

    /// Longer lines are cut to this many bytes, with ``cutMarker`` at their end.
    public static let maxLineBytes = Int(CLINUX_PUMP_LINE)
    /// What a line that was cut ends with.
    public static let cutMarker = "… [cut]"

    private let pump: OpaquePointer

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - targets: the numbers it writes to, 1 to 16; they must stay open until ``finish(within:)``. What is behind
    ///     them may be exchanged (dup2) at any time. A datagram socket gets one message for each line.
    ///   - patient: indices of targets whose lines may wait ten milliseconds for company, which saves waking the thread
    ///     for each.
    ///   - queueBytes: what may wait; each line takes its length and five.
    public init(targets: [Int32], patient: Set<Int> = [], queueBytes: Int = 1024 * 1024) throws(SystemError) {
        let patientBits = patient.reduce(UInt32(0)) { $0 | UInt32(1) << UInt32(clamping: $1) }
        var error: Int32 = 0
        let started = unsafe targets.withUnsafeBufferPointer {
            unsafe clinux_pump_start(
                $0.baseAddress, Int32(clamping: $0.count), patientBits, max(0, queueBytes), &error)
        }
        guard let started = unsafe started else { throw SystemError("start of the log thread", code: error) }
        unsafe pump = started
    }

    deinit {
        // Whoever closes the targets next must not see a late line in what takes their numbers.
        _ = finish(within: .milliseconds(200))
        unsafe clinux_pump_release(pump)
    }

    /// Lines that a target refused or took a part of only (ENOSPC, EPIPE, a pipe nobody reads).
    public var failedWrites: UInt64 { unsafe clinux_pump_failed(pump) }

    /// Lines that their targets took.
    public var writtenLines: UInt64 { unsafe clinux_pump_written(pump) }

    /// Queues `line`, which brings its own line end, for the target with that index; false when it was dropped.
    public func write(_ line: [UInt8], to target: Int) -> Bool { write(line.span, to: target) }

    /// Queues `line`, which brings its own line end, for the target with that index; false when it was dropped.
    public func write(_ line: Span<UInt8>, to target: Int) -> Bool {
        guard let index = Int32(exactly: target) else { return false }
        guard line.count > Self.maxLineBytes else {
            return unsafe line.withUnsafeBytes {
                unsafe clinux_pump_write(pump, index, $0.baseAddress, $0.count, nil, 0)
            }
        }
        let ending = Array(Self.cutMarker.utf8) + (line[line.count - 1] == 10 ? [10] : [])
        return unsafe line.withUnsafeBytes { line in
            unsafe ending.withUnsafeBytes { ending in
                unsafe clinux_pump_write(
                    pump, index, line.baseAddress, Self.maxLineBytes - ending.count, ending.baseAddress, ending.count)
            }
        }
    }

    /// Takes no further lines and waits until those before are written, but not longer than `patience`; what is left
    /// then is dropped. Answers whether everything was moved. A second call waits again.
    @discardableResult
    public func finish(within patience: Duration) -> Bool {
        let (seconds, attoseconds) = patience.components
        let nanoseconds = min(max(0, seconds), 86_400) * 1_000_000_000 + attoseconds / 1_000_000_000
        return unsafe clinux_pump_finish(pump, nanoseconds)
    }
}
