/// Text from elsewhere made fit for logs: what looks like a signed token is replaced, wherever it stands.
///
/// ``TargetRedaction`` knows the names under which secrets travel; this knows what a token looks like, and is the last
/// guard for texts that should not hold one.
public enum TokenRedaction {
    /// `text` with each run of a token's characters that begins with `eyJ` replaced by
    /// ``TargetRedaction/placeholder``. `eyJ` is base64url for `{"`: the beginning of every JOSE header.
    public static func redact(_ text: String) -> String {
        guard mayHoldToken(text) else { return text }
        var safe: [UInt8] = []
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            guard isTokenStart(bytes, index) else {
                safe.append(bytes[index])
                index += 1
                continue
            }
            safe += TargetRedaction.placeholder.utf8
            while index < bytes.count, isTokenByte(bytes[index]) { index += 1 }
        }
        return String(decoding: safe, as: UTF8.self)
    }

    /// Most texts hold none, and are given back as they are.
    private static func mayHoldToken(_ text: String) -> Bool {
        var matched = 0
        for byte in text.utf8 {
            switch (matched, byte) {
            case (1, UInt8(ascii: "y")): matched = 2
            case (2, UInt8(ascii: "J")): return true
            case (_, UInt8(ascii: "e")): matched = 1
            default: matched = 0
            }
        }
        return false
    }

    private static func isTokenStart(_ bytes: [UInt8], _ index: Int) -> Bool {
        bytes.count - index >= 3 && bytes[index] == UInt8(ascii: "e") && bytes[index + 1] == UInt8(ascii: "y")
            && bytes[index + 2] == UInt8(ascii: "J")
    }

    /// base64url, the dots between a token's parts, and what percent-encoding makes of them.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "="), UInt8(ascii: "%"):
            true
        default: false
        }
    }
}
