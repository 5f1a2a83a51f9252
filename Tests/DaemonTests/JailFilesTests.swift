import Foundation
import System
import Testing

@testable import Daemon

@Suite struct JailFilesTests {
    let place: Workplace
    var jail: String { place("above/jail") }

    init() throws { place = try Workplace() }

    private func refusal() -> String {
        #expect(throws: StartError.self) { try JailFiles.prepare(jail) }?.description ?? ""
    }

    @Test func aFileIsNoJail() throws {
        try File.makeDirectory(place("above"), permissions: 0o755)
        try place.write("", to: "above/jail")
        #expect(refusal() == "security.jailBaseDir: \(jail) is no directory")
    }

    @Test func aDirectoryThatCannotBeMadeIsNamed() throws {
        try place.write("", to: "above")
        #expect(refusal().hasPrefix("security.jailBaseDir: mkdir \(place("above"))"))
    }

    @Test(.enabled(if: ThisProcess.isRoot, "needs root"))
    func theJailAndItsFilesAreMade() throws {
        try JailFiles.prepare(jail)
        let status = try #require(FileStatus(jail))
        #expect(status.isDirectory && status.userID == 0 && status.permissions & 0o022 == 0)
        for path in JailFiles.copied {
            #expect(File.exists(jail + path) == File.exists(path), "\(path)")
            guard File.exists(path) else { continue }
            #expect(try File.read(jail + path) == (try File.read(path)))
            // A worker, which is nobody, reads them.
            #expect(File.permissions(jail + path).map { $0 & 0o444 } == 0o444)
        }
    }

    @Test(.enabled(if: ThisProcess.isRoot, "needs root"))
    func onlyWhatHasChangedIsWrittenAgain() throws {
        try JailFiles.prepare(jail)
        let hosts = jail + "/etc/hosts"
        try #require(File.exists(hosts))
        let before = FileStamp(hosts)
        try File.write([1], to: jail + "/etc/own", permissions: 0o644)
        try JailFiles.prepare(jail)
        #expect(FileStamp(hosts) == before)
        #expect(File.exists(jail + "/etc/own"))
        try File.write(Array("192.0.2.1 elsewhere\n".utf8), to: hosts, permissions: 0o644)
        try JailFiles.prepare(jail)
        #expect(try File.read(hosts) == (try File.read("/etc/hosts")))
    }

    @Test(.enabled(if: ThisProcess.isRoot, "needs root"), arguments: [0o775, 0o757, 0o777, 0o1777])
    func aJailThatOthersWriteToIsRefused(_ permissions: Int32) throws {
        try File.makeDirectory(jail, permissions: 0o755)
        try File.setPermissions(jail, permissions)
        #expect(refusal().contains("others than root can write to \(jail): chown root:root and chmod 755 it"))
        #expect(!File.exists("\(jail)/etc"))
        try File.setPermissions(jail, 0o711)
        try JailFiles.prepare(jail)
    }

    @Test(.enabled(if: ThisProcess.isRoot, "needs root"))
    func aJailOfSomebodyElseIsRefused() throws {
        try File.makeDirectory(jail, permissions: 0o755)
        try File.setOwner(jail, user: 65_534, group: 0)
        #expect(refusal().contains("others than root can write to"))
        #expect(!File.exists("\(jail)/etc"))
    }

    @Test(.enabled(if: ThisProcess.isRoot, "needs root"))
    func whatBecomesOfEtcCountsAsWell() throws {
        let etc = "\(jail)/etc"
        try File.makeDirectory(etc, permissions: 0o755)
        try File.setPermissions(etc, 0o777)
        #expect(refusal().contains("others than root can write to \(etc): chown root:root and chmod 755 it"))
        #expect(unsafe rmdir(etc) == 0)
        try File.write([], to: etc, permissions: 0o644)
        #expect(refusal() == "security.jailBaseDir: \(etc) is no directory")
        try File.remove(etc)
        try JailFiles.prepare(jail)
        #expect(FileStatus(etc)?.isDirectory == true)
    }

    /// What is asked before the start, and of a jail that somebody else made ready.
    @Test(.enabled(if: ThisProcess.isRoot, "needs root"))
    func checkingMakesNothing() throws {
        let missing = #expect(throws: StartError.self) { try JailFiles.check(jail) }
        #expect(missing?.description.contains("\(jail) is not there; it is made at the start") == true)
        #expect(!File.exists(place("above")))
        try File.makeDirectory(jail, permissions: 0o755)
        try JailFiles.check(jail)
        #expect(!File.exists("\(jail)/etc"))
    }

    @Test(.enabled(if: !ThisProcess.isRoot, "needs a user who isn't root"))
    func ownDirectoriesAreNotRoots() throws {
        try File.makeDirectory(jail, permissions: 0o755)
        #expect(refusal().contains("others than root can write to"))
        #expect(!File.exists("\(jail)/etc"))
    }
}
