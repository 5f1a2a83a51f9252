import System
import Testing

@Suite struct FileTests {
    private let directory = "/tmp/secure-proxy-file-tests-\(ThisProcess.id)"

    @Test func writtenFilesAppearWholeWithTheirPermissions() throws {
        try File.makeDirectory("\(directory)/a/b", permissions: 0o700)
        let path = "\(directory)/a/b/key.pem"
        try File.write([1, 2, 3], to: path, permissions: 0o600)
        #expect(try File.read(path) == [1, 2, 3])
        #expect(File.permissions(path) == 0o600)
        try File.write([4], to: path, permissions: 0o600)
        #expect(try File.read(path) == [4])
        try File.remove(path)
        try File.remove(path)
        #expect(!File.exists(path))
    }

    @Test func aMissingFileIsNamed() {
        let error = #expect(throws: SystemError.self) { _ = try File.read("/nonexistent/x") }
        #expect(error?.description == "open /nonexistent/x: No such file or directory (ENOENT)")
    }

    @Test func filesOverTheLimitAreRefused() throws {
        try File.makeDirectory(directory, permissions: 0o700)
        let path = "\(directory)/large"
        try File.write([UInt8](repeating: 0, count: 1_000), to: path, permissions: 0o600)
        #expect(throws: SystemError.self) { _ = try File.read(path, limit: 999) }
        #expect(try File.read(path, limit: 1_000).count == 1_000)
        try File.remove(path)
    }
}
