import Testing

@testable import System

/// Jails that are refused before anything changes. Entering one is tried by a process of its own.
@Suite struct JailTests {
    private func refusal(_ path: String, owner: UserIdentity? = nil) -> String {
        do throws(ConfinementError) {
            _ = try Jail.enter(path, owner: owner)
            return "entered"
        } catch {
            return error.description
        }
    }

    @Test func whatIsNoDirectoryOfItsOwnIsRefused() {
        #expect(refusal("/nonexistent").hasPrefix("jail: stat /nonexistent: No such file or directory (ENOENT); "))
        #expect(refusal("/etc/passwd").hasPrefix("jail: /etc/passwd is not a directory; "))
        #expect(refusal("/").hasPrefix("jail: / is the root directory, which is no jail; "))
        #expect(refusal("/usr/..").contains("which is no jail"))
    }

    @Test func aDirectoryThatOthersWriteToIsRefused() {
        let words = refusal("/tmp")
        #expect(words.contains("can be written to by others"))
        #expect(words.contains("chmod 755 /tmp"))
        #expect(words.contains("security.jailBaseDir"))
    }
}
