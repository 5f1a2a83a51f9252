/// The members of a JSON object, in the order they were written; no name occurs twice.
///
/// Names are compared byte for byte. Swift's `==` on strings takes canonically equivalent texts for equal ("K" and the
/// Kelvin sign U+212A), which would let a member pass under a name that it does not have.
public struct JSONObject: Sendable {
    private var members: [Member] = []
    /// Where each name is, kept only once there are more than ``scanLimit`` members.
    private var positions: [ExactKey: Int] = [:]

    /// Up to this many members a look-up compares them one by one, which is quicker than hashing.
    private static let scanLimit = 8

    private struct Member: Sendable {
        var key: String
        var value: JSONValue
    }

    /// An object without members.
    public init() {}

    /// The number of members.
    public var count: Int { members.count }

    /// Whether there are no members.
    public var isEmpty: Bool { members.isEmpty }

    /// The names of the members, in order.
    public var keys: [String] { members.map(\.key) }

    /// The member called `key`. Assigning adds it at the end, replaces it in place, or removes it (nil).
    public subscript(key: String) -> JSONValue? {
        get { position(of: key).map { members[$0].value } }
        set {
            switch (position(of: key), newValue) {
            case (let index?, let value?): members[index].value = value
            case (nil, let value?): append(key, value)
            case (let index?, nil):
                members.remove(at: index)
                reindex()
            case (nil, nil): break
            }
        }
    }

    /// Adds a member whose name is known to be new.
    mutating func append(_ key: String, _ value: JSONValue) {
        members.append(Member(key: key, value: value))
        if members.count == Self.scanLimit + 1 {
            reindex()
        } else if members.count > Self.scanLimit {
            positions[ExactKey(key)] = members.count - 1
        }
    }

    private func position(of key: String) -> Int? {
        let exact = ExactKey(key)
        if members.count > Self.scanLimit { return positions[exact] }
        return members.firstIndex { ExactKey($0.key) == exact }
    }

    private mutating func reindex() {
        positions = [:]
        guard members.count > Self.scanLimit else { return }
        for (index, member) in members.enumerated() { positions[ExactKey(member.key)] = index }
    }
}

extension JSONObject: Sequence {
    /// Walks over the members in order.
    public struct Iterator: IteratorProtocol {
        private let object: JSONObject
        private var index = 0

        fileprivate init(_ object: JSONObject) { self.object = object }

        /// The next member, or nil after the last.
        public mutating func next() -> (key: String, value: JSONValue)? {
            guard index < object.members.count else { return nil }
            defer { index += 1 }
            return (object.members[index].key, object.members[index].value)
        }
    }

    /// An iterator over the members in order.
    public func makeIterator() -> Iterator { Iterator(self) }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// Members in order; of two with one name the later wins.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (key, value) in elements { self[key] = value }
    }
}

extension JSONObject: Equatable {
    /// Whether both have the same members, in any order (RFC 8259 section 4).
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.members.allSatisfy { right[$0.key] == $0.value }
    }
}

/// A text that equals another only when their bytes do.
struct ExactKey: Hashable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: ExactKey, right: ExactKey) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }
}
