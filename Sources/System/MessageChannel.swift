internal import CLinux

/// Messages between two processes of the same machine, whole and in order, with descriptors beside the bytes
/// (SOCK_SEQPACKET, SCM_RIGHTS). Nothing waits: an event loop tells when there is something to receive.
public final class MessageChannel {
    /// The longest message in bytes.
    public static let maxMessageBytes = 64 * 1024
    /// The most descriptors beside one message.
    public static let maxDescriptors = Int(CLINUX_CHANNEL_DESCRIPTORS)

    /// What was there to receive.
    public enum Received {
        /// A message, and the descriptors that came with it (close-on-exec).
        case message([UInt8], [Descriptor])
        /// Nothing now.
        case nothing
        /// The other side is gone, and everything it sent was received.
        case ended
    }

    private let descriptor: Descriptor
    private var buffer: [UInt8] = []

    /// Takes over one end of a channel, such as an inherited descriptor, and makes it non-blocking and close-on-exec.
    public init(owning descriptor: Descriptor) {
        self.descriptor = descriptor
        // A descriptor that isn't open shows at the first use.
        _ = clinux_set_close_on_exec(descriptor.number, true)
        _ = clinux_set_blocking(descriptor.number, false)
    }

    /// A new channel: this process's end, and the one to hand to another process.
    ///
    /// - Parameter takesDescriptors: false: where the kernel can (6.16), it refuses to send descriptors to this process.
    ///   To close one that a stranger sent may take as long as the stranger wishes.
    public static func pair(takesDescriptors: Bool = false) throws(SystemError) -> (MessageChannel, Descriptor) {
        let (one, other) = unsafe try Descriptor.pair("socketpair") { unsafe clinux_channel_pair($0) }
        if !takesDescriptors { _ = clinux_channel_refuse_descriptors(one.number) }
        return (MessageChannel(owning: one), other)
    }

    /// Both ends of a new channel, for two other processes. Neither takes descriptors, where the kernel can refuse them.
    public static func ends() throws(SystemError) -> (Descriptor, Descriptor) {
        let (one, other) = unsafe try Descriptor.pair("socketpair") { unsafe clinux_channel_pair($0) }
        _ = clinux_channel_refuse_descriptors(one.number)
        _ = clinux_channel_refuse_descriptors(other.number)
        return (one, other)
    }

    /// The number to watch for readability; -1 once closed.
    public var number: Int32 { descriptor.number }

    /// Ends this side now; the other side receives what was sent, then ``Received/ended``.
    public func close() { descriptor.close() }

    /// Sends `bytes`, and duplicates of `descriptors` with them; false when the other side has too much to receive
    /// already (nothing was sent then).
    ///
    /// - Throws: EPIPE or ECONNRESET when the other side is gone, EMSGSIZE and E2BIG for more than the limits, EINVAL
    ///   for no bytes (which could not be told from the end).
    @discardableResult
    public func send(_ bytes: [UInt8], descriptors: [Int32] = []) throws(SystemError) -> Bool {
        let call = descriptors.isEmpty ? "send" : "sendmsg"
        guard bytes.count <= Self.maxMessageBytes else { throw SystemError(call, code: Errno.messageTooLong) }
        let result = unsafe bytes.withUnsafeBytes { bytes in
            unsafe descriptors.withUnsafeBufferPointer { list in
                unsafe clinux_channel_send(
                    descriptor.number, bytes.baseAddress, bytes.count, list.baseAddress, Int32(clamping: list.count))
            }
        }
        if -result == Int(Errno.again) { return false }
        _ = try SystemError.check(call, result)
        return true
    }

    /// The next message, if there is one.
    ///
    /// - Throws: EMSGSIZE for a message or a set of descriptors over the limits; it is gone then, and none of its
    ///   descriptors stays open.
    public func receive() throws(SystemError) -> Received {
        if buffer.isEmpty { buffer = [UInt8](repeating: 0, count: Self.maxMessageBytes) }
        var numbers = [Int32](repeating: -1, count: Self.maxDescriptors)
        var found: Int32 = 0
        let result = unsafe buffer.withUnsafeMutableBytes { buffer in
            unsafe numbers.withUnsafeMutableBufferPointer { numbers in
                unsafe clinux_channel_receive(
                    descriptor.number, buffer.baseAddress, buffer.count, numbers.baseAddress, &found)
            }
        }
        if -result == Int(Errno.again) { return .nothing }
        let count = Int(try SystemError.check("recvmsg", result))
        if count == 0 { return .ended }
        return .message(Array(buffer[..<count]), numbers[..<Int(found)].map { Descriptor(owning: $0) })
    }
}
