/// The names in a directory, for tests.
public enum DirectoryNames {
    /// Without `.` and `..`, sorted; empty where it can't be read.
    public static func of(_ path: String) -> [String] { DirectoryListing.names(path).sorted() }
}
