internal import CLinux

/// Memory that several processes see at once, made by this one. Its size is fixed: no process can make another's access
/// fail by shrinking it.
@safe
public final class SharedMemory {
    /// What other processes map, for reading and writing.
    public let descriptor: Descriptor
    private let mapping: SharedMapping

    private init(_ descriptor: Descriptor, _ byteCount: Int) throws(SystemError) {
        self.descriptor = descriptor
        mapping = try SharedMapping(descriptor, offset: 0, byteCount, isWritable: true)
    }

    /// Its size.
    public var byteCount: Int { mapping.byteCount }

    /// Its first byte, zero at first, on a page's boundary; valid as long as this object lives.
    public var base: UnsafeMutableRawPointer { unsafe mapping.base }

    /// New memory of `byteCount` zeros, here for reading and writing.
    ///
    /// - Parameter name: seen in /proc only.
    public static func create(byteCount: Int, name: String) throws(SystemError) -> SharedMemory {
        guard byteCount > 0 else { throw SystemError("memfd_create", name, code: Errno.invalid) }
        let number = unsafe try SystemError.check("memfd_create", name, clinux_memory_file(name, Int64(byteCount)))
        return try SharedMemory(Descriptor(owning: number), byteCount)
    }

    /// The same memory opened anew for reading only: no mapping that is made from it is writable, or can be made so later.
    public func readOnlyDescriptor() throws(SystemError) -> Descriptor {
        let number = clinux_reopen_for_reading(descriptor.number)
        return Descriptor(owning: try SystemError.check("open", "/proc/self/fd/\(descriptor.number)", number))
    }

    /// The first `byteCount` bytes of the memory another process has made, for reading only.
    ///
    /// - Parameter descriptor: an inherited one; the mapping stays when it is closed.
    /// - Throws: EINVAL when the memory is smaller, EPERM when somebody could still shrink it.
    public static func map(descriptor: Descriptor, byteCount: Int) throws(SystemError) -> SharedMapping {
        try check(descriptor, offset: 0, byteCount)
        return try SharedMapping(descriptor, offset: 0, byteCount, isWritable: false)
    }

    /// A part of the memory another process has made, for reading and writing: `byteCount` bytes at `offset`, which is on
    /// a page's boundary. A last page that is used in part is mapped as a whole.
    ///
    /// - Parameter descriptor: an inherited one that is open for both; the mapping stays when it is closed.
    /// - Throws: EINVAL when the part isn't one, EACCES when the descriptor is for reading only, EPERM when somebody
    ///   could still shrink the memory.
    public static func mapWritable(
        descriptor: Descriptor, offset: Int, byteCount: Int
    ) throws(SystemError) -> SharedMapping {
        try check(descriptor, offset: offset, byteCount)
        return try SharedMapping(descriptor, offset: offset, byteCount, isWritable: true)
    }

    private static func check(_ descriptor: Descriptor, offset: Int, _ byteCount: Int) throws(SystemError) {
        let size = try SystemError.check("fstat", clinux_file_size(descriptor.number))
        let (end, overflow) = offset.addingReportingOverflow(byteCount)
        guard offset >= 0, byteCount > 0, !overflow, size >= Int64(end) else {
            throw SystemError("mmap", code: Errno.invalid)
        }
        guard clinux_has_size_seals(descriptor.number) == 1 else {
            throw SystemError("mmap", code: Errno.notPermitted)
        }
    }
}
