public import Bytes

/// What the token gate answers.
public enum GateVerdict: Sendable, Equatable {
    /// Let it in.
    case admitted(Admission)
    /// Refuse it.
    case refused(GateRefusal)
    /// Let ``KeyCache/advance(at:)`` run now, wait for the end of the flight (not longer than a bound of your own), then
    /// ask again with `afterRefresh: true`.
    case awaitKeys(KeyNeed)
    /// There are no keys to judge with and none are about to come: 503, never a yes.
    case unavailable(KeysUnavailable)
}

/// A request that was let in.
public struct Admission: Sendable, Equatable {
    /// Whom the token is about, and when it ends.
    public let identity: TokenIdentity
    /// Where the token stood.
    public let source: TokenSource
    /// The subprotocols that the client offers, without the entry that carried the token.
    public let subprotocols: [String]
    /// Whether the verdict came from the cache.
    public let isRemembered: Bool
}

/// What a token says about its bearer. Text from the provider: escape it where it is written.
public struct TokenIdentity: Sendable, Equatable {
    /// `sub`.
    public let subject: String?
    /// `client_id`, or else `azp`.
    public let clientID: String?
    /// `jti`.
    public let tokenID: String?
    /// `exp`, without leeway.
    public let expiry: UnixTime
}

/// Why a verdict awaits keys.
public enum KeyNeed: Sendable, Equatable {
    /// There are none yet, or none that may still be used; a flight is under way or due.
    case noKeys
    /// No one key of the set can have signed the token; perhaps its key is new, or another one was retired.
    case unknownKey
    /// The signature doesn't match the key of that name; perhaps the key was replaced under the same name.
    case badSignature
}

/// There are no keys to judge tokens with.
public struct KeysUnavailable: Sendable, Equatable {
    /// When the next fetch is due: the value for `Retry-After`, in whole seconds, at least 1.
    public let retryAfter: Int64
    /// What went wrong last, for the log only.
    public let lastFailure: ProviderError?
}
