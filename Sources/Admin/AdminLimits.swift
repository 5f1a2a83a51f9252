internal import Bytes
internal import HTTP1

/// How much the admin server does for those who ask. Tunnels share its process, so each number is small.
struct AdminLimits: Sendable {
    /// Connections at a time. At the limit whoever has been silent longest makes room.
    var connections = 64
    /// Requests on one connection.
    var requestsPerConnection = 1_000
    /// What a request's head may hold: browsers send less than 2 KiB.
    var head = HeadLimits(maxHeadBytes: 8 * 1024, maxTargetBytes: 1024, maxFields: 64)
    /// Unread requests of one connection: a head and one read.
    var inputBytes = 24 * 1024
    /// How long a head may take, counted from its first byte.
    var headTimeout: Duration = .seconds(10)
    /// How long a connection may wait for its next request; above the usual minute between two scrapes.
    var idleTimeout: Duration = .seconds(75)
    /// How long an answer may make no progress.
    var writeTimeout: Duration = .seconds(10)
    /// How long the peer may take to finish its side after the last answer.
    var lingerTimeout: Duration = .seconds(2)
}
