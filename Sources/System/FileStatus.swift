internal import CLinux

/// What kind of file there is at a path, and whose it is.
public struct FileStatus: Equatable, Sendable {
    /// Whether it is a directory.
    public let isDirectory: Bool
    /// The permission bits, such as `0o755`.
    public let permissions: UInt32
    /// Its owner.
    public let userID: UInt32
    /// Its group.
    public let groupID: UInt32

    /// Looks at `path`, following symbolic links; nil where there is nothing, or it can't be looked at.
    public init?(_ path: String) {
        var status = clinux_status()
        guard unsafe clinux_status(path, &status) == 0 else { return nil }
        // S_IFMT and S_IFDIR
        isDirectory = status.mode & 0o170000 == 0o040000
        permissions = status.mode & 0o7777
        userID = status.user
        groupID = status.group
    }
}
