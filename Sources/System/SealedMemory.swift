internal import CLinux

/// Bytes in memory that nobody can change any more, handed from one process to another by a descriptor. They are in no
/// file system and go when the last process has closed them.
public enum SealedMemory {
    /// `bytes`, sealed against writing, resizing and unsealing.
    ///
    /// - Parameter name: seen in /proc only.
    public static func make(_ bytes: [UInt8], name: String) throws(SystemError) -> Descriptor {
        let result = unsafe bytes.withUnsafeBytes { unsafe clinux_sealed_file(name, $0.baseAddress, $0.count) }
        return Descriptor(owning: try SystemError.check("memfd_create", name, result))
    }

    /// The bytes of `descriptor`, which stays open. Several processes may read at the same time.
    ///
    /// - Parameter limit: the most bytes; EFBIG when there are more.
    /// - Throws: EPERM when a seal is missing: somebody could change what was checked.
    public static func read(_ descriptor: Int32, limit: Int = File.defaultLimit) throws(SystemError) -> [UInt8] {
        guard try SystemError.check("fcntl F_GET_SEALS", clinux_has_content_seals(descriptor)) == 1 else {
            throw SystemError("read of sealed memory", code: Errno.notPermitted)
        }
        let size = try SystemError.check("fstat", clinux_file_size(descriptor))
        guard size <= Int64(limit) else { throw SystemError("read of sealed memory", code: Errno.fileTooLarge) }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        var filled = 0
        while filled < bytes.count {
            // At an offset: the processes that share this descriptor share one position, too.
            let count = unsafe bytes.withUnsafeMutableBytes { whole in
                unsafe clinux_read_at(
                    descriptor, whole.baseAddress.map { unsafe $0 + filled }, whole.count - filled, Int64(filled))
            }
            guard try SystemError.check("pread", count) > 0 else { throw SystemError("pread", code: Errno.inputOutput) }
            filled += count
        }
        return bytes
    }
}
