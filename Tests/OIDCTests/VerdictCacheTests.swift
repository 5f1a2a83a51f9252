import Bytes
import JOSE
import Testing

@testable import OIDC

@Suite("VerdictCache: tokens that were found good")
struct VerdictCacheTests {
    private func key(_ number: Int, policy: Int = 0) -> VerdictCache.Key {
        VerdictCache.Key(token: Digest.sha256(Array("token \(number)".utf8)), policy: policy)
    }

    private func entry(_ number: Int = 0, end: Int64 = 100) -> VerdictCache.Entry {
        let end = UnixTime(seconds: end)
        return .init(identity: TokenIdentity(subject: "\(number)", clientID: nil, tokenID: nil, expiry: end), end: end)
    }

    private let early = UnixTime(seconds: 10)

    @Test("rule 2: one token, one policy, one generation of keys")
    func keyed() {
        var cache = VerdictCache(capacity: 10)
        cache.store(entry(1), for: key(1), generation: 1)
        #expect(cache.entry(for: key(1), generation: 1, at: early)?.identity.subject == "1")
        #expect(cache.entry(for: key(2), generation: 1, at: early) == nil)
        #expect(cache.entry(for: key(1, policy: 1), generation: 1, at: early) == nil)
        #expect(cache.entry(for: key(1), generation: 2, at: early) == nil)
        cache.store(entry(2), for: key(2), generation: 2)
        #expect(cache.entry(for: key(1), generation: 2, at: early) == nil, "vouched for by keys that are gone")
        #expect(cache.entry(for: key(1), generation: 1, at: early) == nil)
        #expect(cache.count == 1)
    }

    @Test("rule 2: until the token expires")
    func expiry() {
        var cache = VerdictCache(capacity: 10)
        cache.store(entry(end: 100), for: key(1), generation: 0)
        #expect(cache.entry(for: key(1), generation: 0, at: UnixTime(seconds: 99)) != nil)
        #expect(cache.entry(for: key(1), generation: 0, at: UnixTime(seconds: 100)) == nil)
        #expect(cache.count == 0)
    }

    @Test("rule 3: bounded, and what is in use stays")
    func bounded() {
        var cache = VerdictCache(capacity: 100)
        cache.store(entry(), for: key(0), generation: 0)
        for number in 1..<10_000 {
            cache.store(entry(number), for: key(number), generation: 0)
            #expect(cache.count <= 100)
            if number.isMultiple(of: 40) { #expect(cache.entry(for: key(0), generation: 0, at: early) != nil) }
            #expect(cache.entry(for: key(number), generation: 0, at: early)?.identity.subject == "\(number)")
        }
        #expect(cache.entry(for: key(1), generation: 0, at: early) == nil)
        #expect(cache.entry(for: key(9_960), generation: 0, at: early) != nil)
    }

    @Test("an expired entry of the old half goes too")
    func expiredInOldHalf() {
        var cache = VerdictCache(capacity: 4)
        for number in 0..<3 { cache.store(entry(number), for: key(number), generation: 0) }
        #expect(cache.count == 3)
        #expect(cache.entry(for: key(0), generation: 0, at: UnixTime(seconds: 100)) == nil)
        #expect(cache.count == 2)
    }

    @Test("without capacity nothing is kept", arguments: [Int.min, -1, 0, 1])
    func none(capacity: Int) {
        var cache = VerdictCache(capacity: capacity)
        cache.store(entry(), for: key(1), generation: 0)
        #expect(cache.count == 0)
        #expect(cache.entry(for: key(1), generation: 0, at: early) == nil)
    }
}
