internal import CLinux

/// A file descriptor that closes itself when its owner goes.
public final class Descriptor {
    /// The number, for system calls; valid as long as this object lives and is not closed.
    public private(set) var number: Int32

    /// Takes over `number`: nobody else may close it.
    public init(owning number: Int32) { self.number = number }

    deinit { close() }

    /// Whether it was closed already.
    public var isClosed: Bool { number < 0 }

    /// Closes it now; a second call does nothing.
    public func close() {
        guard number >= 0 else { return }
        // Linux frees the number even when close() reports an error, so there is nothing to retry or to tell.
        _ = clinux_close(number)
        number = -1
    }
}
