internal import Bytes
internal import JOSE

/// Tokens that were found good, so that the next connection with the same token costs a hash instead of a signature.
///
/// Rules:
/// 1. Only good verdicts are kept: bad tokens are endless, and must not push good ones out.
/// 2. A verdict holds for one token (its SHA-256), one policy and one generation of keys, until the token expires.
/// 3. At most `capacity` verdicts. They are in two halves, young and old; when the young half is full it becomes the old
///    one, and what was in there goes. A verdict used moves to the young half. So what is in use stays, and no list has
///    to be kept in order.
struct VerdictCache: Sendable {
    /// What is remembered of a good token.
    struct Entry: Sendable {
        let identity: TokenIdentity
        /// The first second at which the token is refused: its expiry and the leeway.
        let end: UnixTime
    }

    /// Which token under which policy.
    struct Key: Hashable, Sendable {
        let token: Digest
        let policy: Int
    }

    private let halfCapacity: Int
    private var young: [Key: Entry] = [:]
    private var old: [Key: Entry] = [:]
    private var generation: UInt64 = 0

    /// An empty cache of at most `capacity` verdicts; with fewer than 2 nothing is kept.
    init(capacity: Int) { halfCapacity = max(capacity, 0) / 2 }

    /// The number of verdicts held, those that have ended included.
    var count: Int { young.count + old.count }

    /// The verdict on `key`, if it was reached with keys of `generation` and the token hasn't expired at `time`.
    mutating func entry(for key: Key, generation: UInt64, at time: UnixTime) -> Entry? {
        guard generation == self.generation else { return nil }
        if let entry = young[key] {
            if time < entry.end { return entry }
            young[key] = nil
        } else if let entry = old.removeValue(forKey: key), time < entry.end {
            insert(entry, for: key)
            return entry
        }
        return nil
    }

    /// Keeps a good verdict that was reached with keys of `generation`.
    mutating func store(_ entry: Entry, for key: Key, generation: UInt64) {
        if generation != self.generation {
            // What other keys vouched for is worth nothing now.
            young.removeAll(keepingCapacity: true)
            old.removeAll()
            self.generation = generation
        }
        insert(entry, for: key)
    }

    private mutating func insert(_ entry: Entry, for key: Key) {
        guard halfCapacity > 0 else { return }
        if young.count >= halfCapacity, young[key] == nil {
            old = young
            young.removeAll()
        }
        old[key] = nil
        young[key] = entry
    }
}
