extension HeaderFields {
    /// One field line.
    public struct Field: Sendable, Equatable, CustomStringConvertible {
        /// The name as it was spelt.
        public let nameBytes: ArraySlice<UInt8>
        /// The value without white space around it.
        public let valueBytes: ArraySlice<UInt8>

        init(block: [UInt8], line: Line) {
            nameBytes = block[line.name]
            valueBytes = block[line.value]
        }

        /// The name as it was spelt.
        public var name: String { String(decoding: nameBytes, as: UTF8.self) }

        /// The value; what isn't UTF-8 in it is repaired.
        public var value: String { String(decoding: valueBytes, as: UTF8.self) }

        /// Whether the name is `name`, case aside.
        public func isNamed(_ name: String) -> Bool {
            let bytes = nameBytes.span
            return Grammar.equalIgnoringCase(bytes, 0..<bytes.count, name.utf8.span)
        }

        /// `name: value`.
        public var description: String { "\(name): \(value)" }
    }
}

extension HeaderFields: Sequence {
    /// Walks the field lines in order.
    public struct Iterator: IteratorProtocol {
        private let fields: HeaderFields
        private var index = 0

        init(_ fields: HeaderFields) { self.fields = fields }

        /// The next field line.
        public mutating func next() -> Field? {
            guard index < fields.count else { return nil }
            defer { index += 1 }
            return fields[index]
        }
    }

    /// Walks the field lines in order.
    public func makeIterator() -> Iterator { Iterator(self) }

    /// The number of field lines.
    public var underestimatedCount: Int { count }
}

extension HeaderFields: Equatable {
    /// Whether both hold the same lines in the same order; names compare without regard to case.
    public static func == (left: HeaderFields, right: HeaderFields) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count {
            let (a, b) = (left[index], right[index])
            if !a.isNamed(b.name) || a.valueBytes != b.valueBytes { return false }
        }
        return true
    }
}

extension HeaderFields: ExpressibleByDictionaryLiteral {
    /// The fields of a literal, in the order written; see ``append(_:_:)``.
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init(elements.map { (name: $0.0, value: $0.1) })
    }
}
