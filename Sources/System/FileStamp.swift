internal import CLinux

/// What changes when a file is replaced or written: compare two to see whether to read it again.
public struct FileStamp: Hashable, Sendable {
    /// The device it is on.
    public let device: UInt64
    /// Its number there.
    public let inode: UInt64
    /// Its size in bytes.
    public let size: Int64
    /// When its content changed, in nanoseconds since 1970.
    public let modifiedNanoseconds: Int64

    /// The file at `path`, symbolic links followed; nil when there is none, or when it can't be looked at.
    public init?(_ path: String) {
        var stamp = clinux_stamp()
        guard unsafe clinux_stamp(path, &stamp) >= 0 else { return nil }
        self.init(stamp)
    }

    /// The open file `descriptor`; nil when it isn't open.
    public init?(descriptor: Int32) {
        var stamp = clinux_stamp()
        guard unsafe clinux_stamp_of(descriptor, &stamp) >= 0 else { return nil }
        self.init(stamp)
    }

    private init(_ stamp: clinux_stamp) {
        device = stamp.device
        inode = stamp.inode
        size = stamp.size
        modifiedNanoseconds = stamp.modified_nanoseconds
    }
}
