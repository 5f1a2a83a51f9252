/// The way from the root of a JSON text to one of its values: `listeners[1].backend.port`.
public struct JSONPath: Hashable, Sendable, CustomStringConvertible {
    /// One step of the way.
    public enum Step: Hashable, Sendable {
        /// To the member of an object with this name.
        case key(String)
        /// To the element of an array with this index, from 0.
        case index(Int)
    }

    /// The steps from the root.
    public var steps: [Step]

    /// A path of the given steps; of none, the root.
    public init(_ steps: [Step] = []) { self.steps = steps }

    /// The path that goes one step further, to a member.
    public func appending(_ key: String) -> JSONPath { JSONPath(steps + [.key(key)]) }

    /// The path that goes one step further, to an element.
    public func appending(_ index: Int) -> JSONPath { JSONPath(steps + [.index(index)]) }

    /// The path as people write it; empty for the root. Names that would be hard to read or to trust in a message
    /// (with spaces, dots or control characters) stand in brackets: `routes["/token"]`.
    public var description: String {
        var text = ""
        for step in steps {
            switch step {
            case .key(let key) where Self.isPlain(key): text += text.isEmpty ? key : ".\(key)"
            case .key(let key): text += "[\(JSON.text(.string(key)))]"
            case .index(let index): text += "[\(index)]"
            }
        }
        return text
    }

    private static func isPlain(_ key: String) -> Bool {
        !key.isEmpty
            && key.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "$")
                }
            }
    }
}
