/// Fields whose value is a comma-separated list (RFC 9110 section 5.6.1): several lines of one name are one list.
extension HeaderFields {
    /// The members of the list field `name`, over all its lines: split at commas, white space trimmed, empty members
    /// left out as section 5.6.1.2 demands.
    ///
    /// Commas split inside quoted strings too; the lists read with it (Connection, Upgrade, Sec-WebSocket-Protocol,
    /// …) have tokens only.
    public func list(_ name: String) -> [String] {
        var members: [String] = []
        forEachMember(of: name) { bytes, range in
            members.append(String(decoding: block[range], as: UTF8.self))
            return true
        }
        return members
    }

    /// Whether the list field `name` has the member `token`, case aside.
    public func contains(token: String, inListField name: String) -> Bool {
        let wanted = token.utf8.span
        var found = false
        forEachMember(of: name) { bytes, range in
            found = Grammar.equalIgnoringCase(bytes, range, wanted)
            return !found
        }
        return found
    }

    /// Calls `body` with each member of the list field `name` until it answers false.
    private func forEachMember(of name: String, _ body: (Span<UInt8>, Range<Int>) -> Bool) {
        let bytes = block.span
        var index = firstIndex(of: name)
        while let found = index {
            let value = lines[found].value
            var start = value.lowerBound
            while start <= value.upperBound {
                var end = start
                while end < value.upperBound, bytes[end] != UInt8(ascii: ",") { end += 1 }
                let member = Grammar.trimmed(bytes, start..<end)
                if !member.isEmpty, !body(bytes, member) { return }
                start = end + 1
            }
            index = firstIndex(of: name, from: found + 1)
        }
    }
}
