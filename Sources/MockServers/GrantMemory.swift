/// What the mock provider remembers between two requests of one login.
struct GrantMemory: Sendable {
    /// What a code was asked for with.
    struct Authorization: Sendable {
        var nonce: String?
        var codeChallenge: String?
        var codeChallengeMethod: String?
    }

    /// More are not kept; the oldest go.
    static let capacity = 1000

    private var authorizations = BoundedMap<Authorization>(capacity: capacity)
    private var subjects = BoundedMap<String>(capacity: capacity)

    /// Hands out a code for `authorization`.
    mutating func code(for authorization: Authorization) -> String {
        let code = TokenMint.randomUUID()
        authorizations[code] = authorization
        return code
    }

    /// What `code` was handed out for; nil when it is somebody's own invention, which is fine. A code counts once.
    mutating func redeem(_ code: String) -> Authorization? {
        defer { authorizations[code] = nil }
        return authorizations[code]
    }

    /// Hands out a refresh token for `subject`.
    mutating func refreshToken(for subject: String) -> String {
        let token = TokenMint.randomUUID()
        subjects[token] = subject
        return token
    }

    /// Whom a refresh token is for; nil when it wasn't handed out here or was revoked.
    func subject(ofRefreshToken token: String) -> String? { subjects[token] }

    mutating func revoke(refreshToken token: String) { subjects[token] = nil }
}

/// A dictionary that forgets its oldest entries.
struct BoundedMap<Value: Sendable>: Sendable {
    private let capacity: Int
    private var values: [String: Value] = [:]
    /// Keys in the order in which they came; some may be gone already.
    private var order: [String] = []

    init(capacity: Int) { self.capacity = capacity }

    subscript(key: String) -> Value? {
        get { values[key] }
        set {
            if values.updateOrRemove(newValue, key) { return }
            order.append(key)
            while order.count > capacity { values[order.removeFirst()] = nil }
        }
    }
}

extension Dictionary {
    /// Sets or removes the value of `key`; false when it is a new key.
    fileprivate mutating func updateOrRemove(_ value: Value?, _ key: Key) -> Bool {
        guard let value else {
            self[key] = nil
            return true
        }
        return updateValue(value, forKey: key) != nil
    }
}
