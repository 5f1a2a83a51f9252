internal import CLinux

/// A system call that failed: which one, on what, and why.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The call's name, such as `bind`.
    public let call: String
    /// What it was called on (a path, an address), when that helps the reader; otherwise empty.
    public let subject: String
    /// The positive errno.
    public let code: Int32
    /// What the errno doesn't say: the reason, and what to do; empty where it says enough.
    public let remark: String

    /// An error of `call` on `subject`; `code` may be given as the errno or as its negative.
    public init(_ call: String, _ subject: String = "", code: some BinaryInteger, remark: String = "") {
        self.remark = remark
        self.call = call
        self.subject = subject
        self.code = Int32(truncatingIfNeeded: code.magnitude)
    }

    /// The errno's symbol, such as `ECONNREFUSED`.
    public var name: String { unsafe String(cString: clinux_error_name(code)) }

    /// The same in words.
    public var description: String {
        let text = unsafe String(cString: clinux_error_text(code))
        let end = remark.isEmpty ? "" : ": \(remark)"
        return subject.isEmpty ? "\(call): \(text) (\(name))\(end)" : "\(call) \(subject): \(text) (\(name))\(end)"
    }

    /// Throws when `result` says that `call` failed (is negative), otherwise answers it.
    static func check<Value: BinaryInteger & SignedNumeric>(
        _ call: String, _ result: Value
    ) throws(SystemError) -> Value {
        if result < 0 { throw SystemError(call, code: result) }
        return result
    }

    /// Throws when `result` says that `call` on `subject` failed (is negative), otherwise answers it.
    static func check<Value: BinaryInteger & SignedNumeric>(
        _ call: String, _ subject: @autoclosure () -> String, _ result: Value
    ) throws(SystemError) -> Value {
        if result < 0 { throw SystemError(call, subject(), code: result) }
        return result
    }
}

/// The errno values that the project looks at, by name (Linux, all architectures that Swift supports there).
public enum Errno {
    /// Operation would block.
    public static let again: Int32 = 11
    /// Interrupted system call.
    public static let interrupted: Int32 = 4
    /// Operation not permitted.
    public static let notPermitted: Int32 = 1
    /// Input/output error.
    public static let inputOutput: Int32 = 5
    /// No such device or address.
    public static let noSuchDevice: Int32 = 6
    /// Is a directory.
    public static let isDirectory: Int32 = 21
    /// Too many levels of symbolic links.
    public static let tooManyLinks: Int32 = 40
    /// Invalid argument.
    public static let invalid: Int32 = 22
    /// File too large.
    public static let fileTooLarge: Int32 = 27
    /// No space left on device.
    public static let noSpace: Int32 = 28
    /// Message too long.
    public static let messageTooLong: Int32 = 90
    /// No such file or directory.
    public static let noEntry: Int32 = 2
    /// File exists.
    public static let exists: Int32 = 17
    /// Too many open files in the system.
    public static let fileTableOverflow: Int32 = 23
    /// Too many open files in the process.
    public static let tooManyFiles: Int32 = 24
    /// Broken pipe.
    public static let brokenPipe: Int32 = 32
    /// Software caused connection abort.
    public static let connectionAborted: Int32 = 103
    /// Connection reset by peer.
    public static let connectionReset: Int32 = 104
    /// Out of buffer space.
    public static let noBufferSpace: Int32 = 105
    /// Protocol error.
    public static let protocolError: Int32 = 71
    /// Connection timed out.
    public static let timedOut: Int32 = 110
    /// Connection refused.
    public static let connectionRefused: Int32 = 111
    /// Operation now in progress.
    public static let inProgress: Int32 = 115
    /// Out of memory.
    public static let noMemory: Int32 = 12
}
