internal import CLinux

/// The URI of a private key in a store, taken apart as far as this product has to: RFC 7512 for `pkcs11:`.
struct StoreURI {
    /// The scheme in lower case, without its colon.
    let scheme: String
    /// The whole URI, PIN included: for OpenSSL alone.
    let complete: String
    /// The URI without its PIN and without the PIN's source.
    let bare: String
    /// The URI as messages may show it: everything but the PIN.
    let label: String
    /// The PIN itself.
    let pin: String?
    /// The file that holds the PIN.
    let pinSource: String?
    /// Whether it names one object, by its label or identifier, rather than all of a token.
    let namesObject: Bool

    /// - Throws: ``TLSError/keyStore(label:reason:)``.
    init(_ text: String) throws(TLSError) {
        guard let colon = text.firstIndex(of: ":") else {
            throw .keyStore(label: text, reason: "a store's URI begins with a scheme and a colon")
        }
        complete = text
        scheme = text[..<colon].lowercased()
        var (bare, label) = (String(text[...colon]), String(text[...colon]))
        var (pin, pinSource): (String?, String?)
        var namesObject = false
        var separator = ""
        // In the path attributes end at ";", in the query at "&" (section 2.3); writers mix them up, and readers such
        // as libp11 take it. What ends with "?" is the path. An attribute that is left out takes its separator along.
        for attribute in Attribute.all(in: text[text.index(after: colon)...]) {
            switch attribute.name {
            case "pin-value":
                pin = try Self.decoded(attribute.value, label: label + separator + "pin-value=…")
                label += separator + "pin-value=…"
            case "pin-source":
                pinSource = try Self.decoded(attribute.value, label: label + separator + attribute.text)
                label += separator + attribute.text
            default:
                if attribute.name == "object" || attribute.name == "id" { namesObject = true }
                bare += separator + attribute.text
                label += separator + attribute.text
            }
            separator = attribute.end
        }
        (self.bare, self.label, self.pin, self.pinSource) = (bare, label, pin, pinSource)
        self.namesObject = namesObject
    }

    /// One `name=value` with what follows it.
    private struct Attribute {
        var text: Substring
        /// `;`, `&` or `?`; empty at the end.
        var end: String
        var name: String { text.prefix { $0 != "=" }.lowercased() }
        var value: Substring { text.drop { $0 != "=" }.dropFirst() }

        static func all(in text: Substring) -> [Attribute] {
            var found: [Attribute] = []
            var rest = text
            while let end = rest.firstIndex(where: { ";&?".contains($0) }) {
                found.append(Attribute(text: rest[..<end], end: String(rest[end])))
                rest = rest[rest.index(after: end)...]
            }
            found.append(Attribute(text: rest, end: ""))
            return found
        }
    }

    /// `value` without percent-encoding (RFC 3986 section 2.1).
    private static func decoded(_ value: Substring, label: String) throws(TLSError) -> String {
        var bytes: [UInt8] = []
        var rest = Array(value.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit), let decoded = UInt8(digits, radix: 16),
                decoded != 0
            else { throw .keyStore(label: label, reason: "after a % two hexadecimal digits are expected") }
            bytes.append(decoded)
            rest = rest.dropFirst(2)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .keyStore(label: label, reason: "the PIN or its source is no UTF-8 text")
        }
        return text
    }

    /// The PIN: the URI's own, or what its source holds. Nil: there is none.
    func readPIN() throws(TLSError) -> String? {
        guard pin == nil, var path = pinSource else { return pin }
        if path.hasPrefix("file:") { path.removeFirst(5) }
        if path.hasPrefix("//") { path.removeFirst(2) }
        guard path.hasPrefix("/") else {
            throw .keyStore(label: label, reason: "pin-source is the absolute path of a file that holds the PIN")
        }
        func failure(_ error: Int) -> TLSError {
            let words = unsafe String(cString: clinux_error_text(Int32(truncatingIfNeeded: -error)))
            return .keyStore(label: label, reason: "its PIN cannot be read from \(path): \(words)")
        }
        let file = unsafe clinux_open(path, 0, 0)
        guard file >= 0 else { throw failure(Int(file)) }
        defer { _ = clinux_close(file) }
        // A PIN has at most a few dozen characters; a file with more is another one.
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = unsafe clinux_read(file, &bytes, bytes.count)
        guard count >= 0 else { throw failure(count) }
        let line = bytes[..<count].prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        guard count < bytes.count, !line.isEmpty, !line.contains(0),
            let pin = String(validating: line, as: UTF8.self)
        else { throw .keyStore(label: label, reason: "\(path) does not hold a PIN in its first line") }
        return pin
    }
}
