internal import CLinux

/// Whom a process becomes when it gives up root: a user and one group, from the system's user data base.
public struct UserIdentity: Equatable, Sendable {
    /// The user's name as asked for.
    public let name: String
    /// The user's number; never 0.
    public let userID: UInt32
    /// The group's number; never 0. It will be the process's only group.
    public let groupID: UInt32

    /// An identity that was looked up before, by another process for instance.
    public init(name: String, userID: UInt32, groupID: UInt32) {
        self.name = name
        self.userID = userID
        self.groupID = groupID
    }

    /// Finds `user` and `group` (nil: the user's own group), each by name; `/etc/passwd` and whatever else the name
    /// service switch knows are asked, so this is for before a jail is entered.
    ///
    /// Root, as a user or as a group, is refused: files that only root may read must stay out of reach.
    public static func lookUp(user: String, group: String?) throws(IdentityError) -> UserIdentity {
        var userID: UInt32 = 0
        var groupID: UInt32 = 0
        let found = unsafe clinux_find_user(user, &userID, &groupID)
        if -found == Errno.noEntry { throw .noSuchUser(user) }
        if found < 0 { throw .unreadable(SystemError("getpwnam_r", user, code: found)) }
        if userID == 0 { throw .root(user: user) }
        if let group {
            let found = unsafe clinux_find_group(group, &groupID)
            if -found == Errno.noEntry { throw .noSuchGroup(group) }
            if found < 0 { throw .unreadable(SystemError("getgrnam_r", group, code: found)) }
        }
        if groupID == 0 { throw .rootGroup(user: user, group: group) }
        return UserIdentity(name: user, userID: userID, groupID: groupID)
    }
}

/// Why there is no identity to become.
public enum IdentityError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The user data base has no such user.
    case noSuchUser(String)
    /// The user data base has no such group.
    case noSuchGroup(String)
    /// The user is root under this name.
    case root(user: String)
    /// The group that was named, or the user's own when none was, is root's.
    case rootGroup(user: String, group: String?)
    /// The user data base couldn't be read.
    case unreadable(SystemError)

    /// What, where and what to do.
    public var description: String {
        switch self {
        case .noSuchUser(let user):
            return "security.user: there is no user \"\(user)\" on this machine; make one with "
                + "`useradd --system --no-create-home --shell /usr/sbin/nologin \(user)` or name another in security.user"
        case .noSuchGroup(let group):
            return "security.group: there is no group \"\(group)\" on this machine; make one with "
                + "`groupadd --system \(group)`, name another, or leave security.group out for the user's own group"
        case .root(let user):
            return "security.user: \"\(user)\" is root (user 0), which would give nothing up; "
                + "name a user of the proxy's own, made with `useradd --system …`"
        case .rootGroup(let user, let group?):
            return "security.group: \"\(group)\" is root's group (0), which may read what only root should; "
                + "name a group of the proxy's own for \"\(user)\""
        case .rootGroup(let user, nil):
            return "security.user: the group of \"\(user)\" is root's (0), which may read what only root should; "
                + "name another in security.group"
        case .unreadable(let error):
            return "security.user: the user data base can't be read: \(error)"
        }
    }
}
