internal import Glibc
internal import Synchronization
internal import System

/// Directories for the time of a test; those left over are removed when the tests' process ends.
public enum TemporaryDirectory {
    private static let kept: Mutex<Set<String>> = {
        atexit { TemporaryDirectory.removeAll() }
        return Mutex([])
    }()

    private static func removeAll() {
        for path in kept.withLock({ $0 }) { remove(path) }
    }

    /// A new, empty directory.
    public static func make() throws(HarnessError) -> String {
        let base = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/secure-proxy-test.XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw HarnessError("cannot make a directory in \(base)") }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        kept.withLock { _ = $0.insert(path) }
        return path
    }

    /// Removes a directory with all that is in it.
    public static func remove(_ path: String) {
        clear(path)
        kept.withLock { _ = $0.remove(path) }
    }

    private static func clear(_ path: String) {
        for name in DirectoryListing.names(path) {
            let inner = "\(path)/\(name)"
            // Directories can't be unlinked, files can't be listed.
            if unsafe unlink(inner) != 0 { clear(inner) }
        }
        _ = unsafe rmdir(path)
    }
}

/// The names in a directory.
enum DirectoryListing {
    /// Without `.` and `..`; empty where it can't be read.
    static func names(_ path: String) -> [String] {
        guard let stream = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
