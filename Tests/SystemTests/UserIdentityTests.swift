import System
import Testing

@Suite struct UserIdentityTests {
    @Test func anOrdinaryUserIsFoundWithItsOwnGroup() throws {
        let nobody = try UserIdentity.lookUp(user: "nobody", group: nil)
        #expect(nobody.name == "nobody")
        #expect(nobody.userID != 0)
        #expect(nobody.groupID != 0)
    }

    @Test func aNamedGroupReplacesTheUsersOwn() throws {
        let own = try UserIdentity.lookUp(user: "nobody", group: nil)
        let other = try UserIdentity.lookUp(user: "nobody", group: "daemon")
        #expect(other.userID == own.userID)
        #expect(other.groupID != own.groupID)
    }

    @Test func aMissingUserIsNamedWithTheWayToMakeIt() {
        let error = #expect(throws: IdentityError.self) {
            _ = try UserIdentity.lookUp(user: "no-such-user", group: nil)
        }
        #expect(error == .noSuchUser("no-such-user"))
        let words = error?.description ?? ""
        #expect(words.contains("security.user"))
        #expect(words.contains("useradd --system"))
        #expect(words.contains("\"no-such-user\""))
    }

    @Test func aMissingGroupIsNamed() {
        let error = #expect(throws: IdentityError.self) {
            _ = try UserIdentity.lookUp(user: "nobody", group: "no-such-group")
        }
        #expect(error == .noSuchGroup("no-such-group"))
        #expect(error?.description.contains("groupadd --system no-such-group") == true)
    }

    @Test func rootIsRefusedAsUserAndAsGroup() {
        #expect(throws: IdentityError.root(user: "root")) { _ = try UserIdentity.lookUp(user: "root", group: nil) }
        #expect(throws: IdentityError.root(user: "root")) { _ = try UserIdentity.lookUp(user: "root", group: "daemon") }
        #expect(throws: IdentityError.rootGroup(user: "nobody", group: "root")) {
            _ = try UserIdentity.lookUp(user: "nobody", group: "root")
        }
        #expect(IdentityError.rootGroup(user: "x", group: nil).description.contains("security.group"))
    }

    @Test func aNameThatNoUserCanHaveIsNotFound() {
        for name in ["", ":", String(repeating: "x", count: 10_000)] {
            #expect(throws: IdentityError.noSuchUser(name)) { _ = try UserIdentity.lookUp(user: name, group: nil) }
        }
    }
}
