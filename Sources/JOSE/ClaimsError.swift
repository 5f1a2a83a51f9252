/// Why a payload is not a set of claims that can be judged: one case for each misdeed.
public enum ClaimsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The payload isn't JSON, has duplicate names or is nested too deeply; the reason is the JSON parser's.
    case notJSON(reason: String)
    /// The payload is JSON but not an object (RFC 7519 section 7.2).
    case notAnObject
    /// A registered claim has a value of the wrong type (RFC 7519 section 4.1).
    case wrongType(claim: String)
    /// A time is not between 1970 and 9999. Times in milliseconds end here too.
    case timeOutOfRange(claim: String)

    /// The misdeed in words.
    public var description: String {
        switch self {
        case .notJSON(let reason): "the token's payload isn't acceptable JSON: \(reason)"
        case .notAnObject: "the token's payload isn't a JSON object"
        case .wrongType(let claim): "the token's claim \"\(claim)\" has a value of the wrong type"
        case .timeOutOfRange(let claim):
            "the token's claim \"\(claim)\" isn't a time between 1970 and 9999 (in seconds since 1970)"
        }
    }
}
