internal import Glibc
internal import System

/// The programs that were built together with the tests.
public enum BuiltProgram {
    /// The path of a product such as `secure-proxy`.
    ///
    /// It is beside the tests' own executable. For `secure-proxy`, the environment variable `SECURE_PROXY_BINARY` goes
    /// before.
    public static func path(_ name: String) throws(HarnessError) -> String {
        if name == "secure-proxy", let chosen = unsafe getenv("SECURE_PROXY_BINARY") {
            return unsafe String(cString: chosen)
        }
        var directory = Substring(try ownPath())
        // The test bundle is a file here and a directory elsewhere: look beside it and above.
        for _ in 0..<4 {
            guard let slash = directory.lastIndex(of: "/") else { break }
            directory = directory[..<slash]
            let candidate = "\(directory)/\(name)"
            if let mode = File.permissions(candidate), mode & 0o111 != 0 { return candidate }
        }
        throw HarnessError("there is no \(name) beside the tests: build it first (swift build --product \(name))")
    }

    private static func ownPath() throws(HarnessError) -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { throw HarnessError("/proc/self/exe can't be read") }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
