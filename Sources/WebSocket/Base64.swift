/// Base64 with padding (RFC 4648 section 4), as the opening handshake's two key fields have it.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Encodes `bytes`, padded to a multiple of four characters.
    static func encode(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let first = bytes[index]
            let second = index + 1 < bytes.count ? bytes[index + 1] : 0
            let third = index + 2 < bytes.count ? bytes[index + 2] : 0
            let group = Int(first) << 16 | Int(second) << 8 | Int(third)
            output.append(alphabet[group >> 18])
            output.append(alphabet[group >> 12 & 0x3F])
            output.append(index + 1 < bytes.count ? alphabet[group >> 6 & 0x3F] : UInt8(ascii: "="))
            output.append(index + 2 < bytes.count ? alphabet[group & 0x3F] : UInt8(ascii: "="))
            index += 3
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Whether `text` is 16 bytes in Base64, as a Sec-WebSocket-Key has to be (RFC 6455 section 4.2.1): 22 characters
    /// of the alphabet and two of padding.
    ///
    /// The four bits of the last character that carry nothing may have any value, as hand-made keys show; the key is
    /// hashed as text and never decoded, so that does no harm.
    static func isSixteenBytes(_ text: some Collection<UInt8>) -> Bool {
        guard text.count == 24, text.suffix(2).allSatisfy({ $0 == UInt8(ascii: "=") }) else { return false }
        return text.prefix(22).allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
    }
}
