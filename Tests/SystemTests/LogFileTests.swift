import Glibc
import System
import Testing

/// A directory that others than root can write to needs root to be made: it is given away.
@Suite(.enabled(if: ThisProcess.isRoot, "only root has directories that aren't its own")) final class LogFileTests {
    private let place: String
    private static let stranger: UInt32 = 12_345

    init() throws {
        var template = Array("/tmp/secure-proxy-log-XXXXXX".utf8CString)
        unsafe try #require(mkdtemp(&template) != nil)
        place = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try File.write(Array("precious".utf8), to: "\(place)/target", permissions: 0o600)
    }

    deinit {
        for name in ["target", "log", "fresh"] { unsafe unlink("\(place)/\(name)") }
        unsafe rmdir(place)
    }

    private func open(_ name: String, asRoot: Bool = true) throws -> Descriptor {
        try LogFile.open("\(place)/\(name)", permissions: 0o640, asRoot: asRoot)
    }

    private func append(_ text: String, _ name: String) throws {
        let log = try open(name)
        try File.writeAll(Array(text.utf8), to: log.number)
        log.close()
    }

    /// Gives the directory away in one of the ways that matter.
    private func expose(_ way: Exposure) throws {
        switch way {
        case .another: try File.setOwner(place, user: Self.stranger, group: 0)
        case .group: try File.setPermissions(place, 0o770)
        case .everybody: try File.setPermissions(place, 0o1777)
        }
    }

    enum Exposure: CaseIterable { case another, group, everybody }

    private func expectRefusal(_ words: String, _ error: SystemError?) {
        let text = error?.description ?? "opened"
        for word in ["\(place)/log", words, "others than root can write to \(place),", "remove it"] {
            #expect(text.contains(word), "\(text)")
        }
    }

    @Test func inRootsDirectoryLinksAreFollowed() throws {
        #expect(unsafe symlink("target", "\(place)/log") == 0)
        try append(" and more", "log")
        #expect(try File.read("\(place)/target") == Array("precious and more".utf8))
        try File.remove("\(place)/log")
        #expect(unsafe link("\(place)/target", "\(place)/log") == 0)
        _ = try open("log")
        try File.remove("\(place)/log")
        #expect(unsafe symlink("/dev/null", "\(place)/log") == 0)
        _ = try open("log")
    }

    @Test(arguments: Exposure.allCases) func elsewhereNoLinkIsFollowed(_ way: Exposure) throws {
        try expose(way)
        #expect(unsafe symlink("target", "\(place)/log") == 0)
        expectRefusal("symbolic link", #expect(throws: SystemError.self) { _ = try open("log") })
        try File.remove("\(place)/log")
        // One that leads nowhere: nothing is made there.
        #expect(unsafe symlink("fresh", "\(place)/log") == 0)
        expectRefusal("symbolic link", #expect(throws: SystemError.self) { _ = try open("log") })
        #expect(!File.exists("\(place)/fresh"))
        try File.remove("\(place)/log")
        #expect(unsafe link("\(place)/target", "\(place)/log") == 0)
        expectRefusal("hard link", #expect(throws: SystemError.self) { _ = try open("log") })
        #expect(try File.read("\(place)/target") == Array("precious".utf8))
        // Who isn't root is stopped by the kernel where it matters.
        _ = try open("log", asRoot: false)
    }

    @Test(arguments: Exposure.allCases) func elsewhereFilesAreMadeAndOpenedAgain(_ way: Exposure) throws {
        try expose(way)
        for _ in 0..<2 { try append("A", "fresh") }
        #expect(try File.read("\(place)/fresh") == [65, 65])
        #expect(File.permissions("\(place)/fresh") == 0o640)
    }

    @Test func elsewhereTheFileIsRootsOrTheDirectorysOwners() throws {
        try expose(.another)
        _ = try open("log")
        try File.setOwner("\(place)/log", user: Self.stranger, group: 0)
        _ = try open("log")
        try File.setOwner("\(place)/log", user: Self.stranger + 1, group: 0)
        expectRefusal("user 12346", #expect(throws: SystemError.self) { _ = try open("log") })
    }

    @Test func elsewhereAPipeWithAReaderIsFine() throws {
        try expose(.another)
        #expect(unsafe mkfifo("\(place)/log", 0o600) == 0)
        #expect(throws: SystemError("open", "\(place)/log", code: Errno.noSuchDevice)) { _ = try open("log") }
        let reader = unsafe Glibc.open("\(place)/log", O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        _ = try open("log")
    }

    @Test func directoriesAndWhatIsNotThereAreTheKernelsErrors() throws {
        #expect(throws: SystemError("open", "\(place)/nothing", code: Errno.noEntry)) { _ = try open("nothing/log") }
        #expect(throws: SystemError("open", "\(place)/target", code: 20)) { _ = try open("target/log") }
        #expect(unsafe mkdir("\(place)/log", 0o700) == 0)
        #expect(throws: SystemError("open", "\(place)/log", code: Errno.isDirectory)) { _ = try open("log") }
        unsafe rmdir("\(place)/log")
    }
}
