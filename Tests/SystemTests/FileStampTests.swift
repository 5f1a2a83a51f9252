import Glibc
import System
import Testing

@Suite struct FileStampTests {
    @Test func writingAndReplacingShow() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/file"
        #expect(FileStamp(path) == nil)
        try File.write([1], to: path, permissions: 0o600)
        let first = try #require(FileStamp(path))
        #expect(FileStamp(path) == first)
        #expect(first.size == 1)

        // Replaced by one with the same size and time.
        try File.write([2], to: path, permissions: 0o600)
        let second = try #require(FileStamp(path))
        #expect(second != first && second.inode != first.inode)

        // Written to, same size: the time tells, whatever the clock's resolution.
        var times = [timespec(tv_sec: 1_000, tv_nsec: 5), timespec(tv_sec: 1_000, tv_nsec: 5)]
        let result = unsafe utimensat(AT_FDCWD, path, &times, 0)
        #expect(result == 0)
        let third = try #require(FileStamp(path))
        #expect(third.inode == second.inode && third != second)
        #expect(third.modifiedNanoseconds == 1_000_000_000_005)
    }

    @Test func linksAreFollowed() throws {
        let scratch = try Scratch()
        try File.write([1], to: "\(scratch.path)/a", permissions: 0o600)
        try File.write([1, 2], to: "\(scratch.path)/b", permissions: 0o600)
        let link = "\(scratch.path)/link"
        #expect(makeSymbolicLink(to: "a", at: link))
        let before = try #require(FileStamp(link))
        #expect(before == FileStamp("\(scratch.path)/a"))
        try File.remove(link)
        #expect(makeSymbolicLink(to: "b", at: link))
        #expect(FileStamp(link) == FileStamp("\(scratch.path)/b"))
        #expect(FileStamp(link) != before)
    }

    @Test func openFilesHaveOneToo() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/file"
        let file = try File.openForAppending(path, permissions: 0o600)
        #expect(FileStamp(descriptor: file.number) == FileStamp(path))
        #expect(FileStamp(descriptor: -1) == nil)
    }
}
