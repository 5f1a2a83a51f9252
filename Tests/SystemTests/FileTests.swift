import System
import Testing

@Suite struct FileTests {
    private let scratch: Scratch
    private var directory: String { scratch.path }

    init() throws { scratch = try Scratch("file") }

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

    @Test func permissionsAndOwnersAreSetAndSeen() throws {
        try File.makeDirectory(directory, permissions: 0o700)
        let path = "\(directory)/owned"
        try File.write([1], to: path, permissions: 0o600)
        try File.setPermissions(path, 0o666)
        #expect(File.permissions(path) == 0o666)
        let owner = try #require(File.owner(path))
        // To its owner: also an ordinary user may do that.
        try File.setOwner(path, user: owner.user, group: owner.group)
        #expect((owner.user == 0) == ThisProcess.isRoot)
        try File.copy(path, to: "\(path).copy", permissions: 0o400)
        #expect(try File.read("\(path).copy") == [1])
        #expect(File.permissions("\(path).copy") == 0o400)
        try File.remove(path)
        try File.remove("\(path).copy")
        #expect(File.owner(path) == nil)
        #expect(throws: SystemError("chmod", path, code: Errno.noEntry)) { try File.setPermissions(path, 0o600) }
        #expect(throws: SystemError("chown", path, code: Errno.noEntry)) {
            try File.setOwner(path, user: owner.user, group: owner.group)
        }
    }
}
