public import JSON

/// The keys of a provider: a JWK Set (RFC 7517 section 5).
///
/// Keys that can't be used are skipped, as section 5 asks, and remembered with the reason, so that an operator can see
/// why a token finds no key.
public struct JWKSet: Sendable {
    /// The usable keys in their order.
    public let keys: [JWK]
    /// The other keys in their order.
    public let skipped: [SkippedKey]

    /// A key that can't be used.
    public struct SkippedKey: Sendable, Equatable {
        /// The position in the set's `keys`, from 0.
        public let index: Int
        /// Why.
        public let reason: JWKError

        /// The key at `index` with the `reason` why it can't be used.
        public init(index: Int, reason: JWKError) {
            self.index = index
            self.reason = reason
        }
    }

    /// The most keys in a set. Providers publish two to a dozen; reading one costs up to a millisecond, so a set that is
    /// full of them would hold up a worker.
    public static let maxKeys = 128

    /// Reads the set in `json`.
    ///
    /// - Parameters:
    ///   - json: The JSON object. Members other than `keys` are ignored.
    ///   - privateMembers: What to do about keys with private members; a published set has none.
    /// - Throws: ``JWKSetError`` when it isn't a set. A key that can't be used is no error.
    public init(json: JSONValue, privateMembers: JWK.PrivateMembers = .refused) throws(JWKSetError) {
        guard let object = json.object else { throw .notAnObject }
        guard let members = object["keys"] else { throw .missingKeys }
        guard let values = members.array else { throw .keysNotAnArray }
        guard values.count <= Self.maxKeys else { throw .tooManyKeys(found: values.count) }
        var keys: [JWK] = []
        var skipped: [SkippedKey] = []
        for (index, value) in values.enumerated() {
            do throws(JWKError) {
                let key = try JWK(json: value, privateMembers: privateMembers)
                // Told twice is not ambiguous; two different keys of one name are.
                if keys.contains(where: { $0.isSame(as: key) }) { throw .repeated }
                keys.append(key)
            } catch {
                skipped.append(SkippedKey(index: index, reason: error))
            }
        }
        self.keys = keys
        self.skipped = skipped
    }

    /// A set of keys read before.
    public init(keys: [JWK]) {
        self.keys = keys
        skipped = []
    }

    /// The keys that may have signed a token with this `kid` and `algorithm`; all that fit `algorithm` when the token
    /// has no `kid`.
    public func candidates(kid: String?, algorithm: Algorithm) -> [JWK] {
        keys.filter { $0.admits(algorithm) && $0.isCalled(kid) }
    }

    /// Whether a key is called `kid`, whatever it is for.
    public func contains(kid: String) -> Bool { keys.contains { $0.isCalled(kid) } }
}

extension JWK {
    /// Whether a token with this `kid` can mean the key. Without a `kid` it can mean any.
    fileprivate func isCalled(_ wanted: String?) -> Bool {
        guard let wanted else { return true }
        return kid?.hasSameBytes(as: wanted) ?? false
    }

    /// Whether `other` is the same key with the same name, for the same algorithm.
    fileprivate func isSame(as other: JWK) -> Bool {
        key.numbers == other.key.numbers && alg == other.alg && (kid == nil) == (other.kid == nil)
            && isCalled(other.kid)
    }
}

/// Why a JSON value is not a JWK Set: one case for each misdeed.
public enum JWKSetError: Error, Equatable, Sendable, CustomStringConvertible {
    /// It is not a JSON object.
    case notAnObject
    /// It has no `keys`.
    case missingKeys
    /// `keys` is not an array.
    case keysNotAnArray
    /// There are more keys than ``JWKSet/maxKeys``.
    case tooManyKeys(found: Int)

    /// The misdeed in words.
    public var description: String {
        switch self {
        case .notAnObject: "the key set isn't a JSON object"
        case .missingKeys: "the key set has no \"keys\""
        case .keysNotAnArray: "the key set's \"keys\" isn't an array"
        case .tooManyKeys(let found): "the key set has \(found) keys; at most \(JWKSet.maxKeys) are accepted"
        }
    }
}
