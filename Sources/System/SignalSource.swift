internal import CLinux

/// Signals as something to wait for with everything else (signalfd), instead of interrupting.
public final class SignalSource {
    /// The signals that daemons answer to.
    public enum Signal: Int32, Sendable, CaseIterable {
        /// Reload.
        case hangup = 1
        /// Interrupt from the keyboard: stop at once.
        case interrupt = 2
        /// Stop when the tunnels have ended.
        case quit = 3
        /// Reopen the logs.
        case user1 = 10
        /// Replace the binary.
        case user2 = 12
        /// Stop at once.
        case terminate = 15
        /// A child has ended.
        case child = 17
    }

    private let descriptor: Descriptor

    /// Blocks `signals` for this thread (and those it starts later) and collects them here.
    public init(_ signals: [Signal]) throws(SystemError) {
        let numbers = signals.map(\.rawValue)
        let result = unsafe numbers.withUnsafeBufferPointer { list in
            unsafe clinux_signal_descriptor(list.baseAddress, Int32(list.count))
        }
        descriptor = Descriptor(owning: try SystemError.check("signalfd", result))
    }

    /// Readable when a signal waits.
    public var number: Int32 { descriptor.number }

    /// The next signal that waits, or nil.
    public func next() -> Signal? {
        let number = clinux_read_signal(descriptor.number)
        return number > 0 ? Signal(rawValue: number) : nil
    }

    /// Writing to a closed socket then answers EPIPE instead of ending the process.
    public static func ignoreBrokenPipe() { clinux_ignore_broken_pipe() }
}
