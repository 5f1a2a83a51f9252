internal import CLinux

/// Memory that several processes see at once. Its size is fixed: no process can make another's access fail by
/// shrinking it.
@safe
public final class SharedMemory {
    /// What other processes map.
    public let descriptor: Descriptor
    /// Its size.
    public let byteCount: Int
    /// Its first byte, zero at first, on a page's boundary; valid as long as this object lives.
    public let base: UnsafeMutableRawPointer

    private init(_ descriptor: Descriptor, _ byteCount: Int) throws(SystemError) {
        var error: Int32 = 0
        guard let base = unsafe clinux_map_shared(descriptor.number, byteCount, &error) else {
            throw SystemError("mmap", code: error)
        }
        self.descriptor = descriptor
        self.byteCount = byteCount
        unsafe self.base = base
    }

    deinit { _ = unsafe clinux_unmap(base, byteCount) }

    /// New memory of `byteCount` zeros.
    ///
    /// - Parameter name: seen in /proc only.
    public static func create(byteCount: Int, name: String) throws(SystemError) -> SharedMemory {
        guard byteCount > 0 else { throw SystemError("memfd_create", name, code: Errno.invalid) }
        let number = unsafe try SystemError.check("memfd_create", name, clinux_memory_file(name, Int64(byteCount)))
        return try SharedMemory(Descriptor(owning: number), byteCount)
    }

    /// The memory another process has made, from an inherited descriptor.
    ///
    /// - Throws: EINVAL when it is smaller than `byteCount`, EPERM when somebody could still shrink it.
    public static func map(descriptor: Descriptor, byteCount: Int) throws(SystemError) -> SharedMemory {
        _ = clinux_set_close_on_exec(descriptor.number, true)
        let size = try SystemError.check("fstat", clinux_file_size(descriptor.number))
        guard byteCount > 0, size >= Int64(byteCount) else { throw SystemError("mmap", code: Errno.invalid) }
        guard clinux_has_size_seals(descriptor.number) == 1 else {
            throw SystemError("mmap", code: Errno.notPermitted)
        }
        return try SharedMemory(descriptor, byteCount)
    }
}
