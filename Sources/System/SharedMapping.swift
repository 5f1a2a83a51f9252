internal import CLinux

/// Shared memory as this process sees it, or a part of it. It needs no descriptor once it is there.
@safe
public final class SharedMapping {
    /// Its size.
    public let byteCount: Int
    /// Its first byte, on a page's boundary; valid as long as this object lives. Writing to what is mapped for reading
    /// only ends the process.
    public let base: UnsafeMutableRawPointer

    init(_ descriptor: Descriptor, offset: Int, _ byteCount: Int, isWritable: Bool) throws(SystemError) {
        var error: Int32 = 0
        guard
            let base = unsafe clinux_map_shared(descriptor.number, Int64(offset), byteCount, isWritable, &error)
        else { throw SystemError("mmap", code: error) }
        self.byteCount = byteCount
        unsafe self.base = base
    }

    deinit { _ = unsafe clinux_unmap(base, byteCount) }
}
