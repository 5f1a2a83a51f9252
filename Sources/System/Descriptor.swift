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

    /// Gives the number away: whoever takes it closes it.
    public func release() -> Int32 {
        defer { number = -1 }
        return number
    }

    /// Another number for the same open file, close-on-exec, never below 3.
    public func duplicate() throws(SystemError) -> Descriptor {
        Descriptor(owning: try SystemError.check("fcntl F_DUPFD_CLOEXEC", clinux_duplicate(number)))
    }

    /// Puts the open file behind `number` too, in place of what was there (close-on-exec): whoever uses that number
    /// uses this file from now on.
    public func duplicate(onto number: Int32) throws(SystemError) {
        _ = try SystemError.check("dup3", clinux_duplicate_onto(self.number, number))
    }

    /// Whether it closes when this process becomes another program; all that this project makes do.
    public func setCloseOnExec(_ on: Bool) throws(SystemError) {
        _ = try SystemError.check("fcntl F_SETFD", clinux_set_close_on_exec(number, on))
    }

    /// Has every write go to the end of the file, whoever makes it with this open file.
    public func setAppending() throws(SystemError) {
        _ = try SystemError.check("fcntl F_SETFL", clinux_set_appending(number))
    }

    /// Whether reading and writing wait. That is a property of the open file: everybody who shares it is affected.
    public func setBlocking(_ on: Bool) throws(SystemError) {
        _ = try SystemError.check("fcntl F_SETFL", clinux_set_blocking(number, on))
    }

    /// Whether `number` is open in this process.
    public static func isOpen(_ number: Int32) -> Bool { clinux_is_open(number) == 1 }

    /// A pipe: what is written to the second comes out of the first. Both are blocking and close-on-exec.
    public static func pipe() throws(SystemError) -> (reading: Descriptor, writing: Descriptor) {
        unsafe try pair("pipe2") { unsafe clinux_pipe($0) }
    }

    /// The two descriptors that `make` (the C function behind `call`) writes.
    static func pair(
        _ call: String, _ make: (UnsafeMutablePointer<Int32>?) -> Int32
    ) throws(SystemError) -> (Descriptor, Descriptor) {
        var numbers: [Int32] = [-1, -1]
        let result = unsafe numbers.withUnsafeMutableBufferPointer { unsafe make($0.baseAddress) }
        _ = try SystemError.check(call, result)
        return (Descriptor(owning: numbers[0]), Descriptor(owning: numbers[1]))
    }
}
