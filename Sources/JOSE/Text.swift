extension String {
    /// Whether both texts are the same code points. Swift's `==` also calls canonically equivalent texts equal, which
    /// RFC 7515 section 5.3 and RFC 7519 section 7.3 forbid: one key identifier must not pass for another.
    func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }

    /// The text in quotes, fit for a message: printable, and cut after 64 characters.
    var quoted: String { "\"\(printable(limit: 64))\"" }

    /// The text fit for a message: with what could move a cursor, break a line or change the direction of writing
    /// replaced, and cut after 200 characters.
    var printable: String { printable(limit: 200) }

    private func printable(limit: Int) -> String {
        var safe = ""
        var count = 0
        for scalar in unicodeScalars {
            guard count < limit else { return safe + "…" }
            count += 1
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
                safe += "\\u{\(String(scalar.value, radix: 16))}"
            default: safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }
}

extension Span<UInt8> {
    /// The bytes in `range` as an array of their own.
    func copy(_ range: Range<Int>) -> [UInt8] {
        unsafe extracting(range).withUnsafeBufferPointer { unsafe Array($0) }
    }
}
