extension HTTPError: CustomStringConvertible {
    /// The status code to answer a request with (RFC 9110 section 15). A gateway that meets the error in an upstream's
    /// response answers 502 instead.
    public var status: Int {
        switch self {
        case .headTimedOut: 408
        case .contentLengthTooLarge, .contentTooLarge: 413
        case .targetTooLong: 414
        case .unsupportedExpectation: 417
        case .headTooLarge, .tooManyFields, .trailerTooLarge: 431
        case .contentLongerThanAnnounced, .contentShorterThanAnnounced: 500
        // RFC 9112 section 3: 501 for a method longer than any implemented; section 6.1: for an unknown coding.
        case .methodTooLong, .unsupportedTransferCoding: 501
        case .unsupportedVersion: 505
        default: 400
        }
    }

    /// What is wrong, where, and what to do about it, in words.
    public var description: String {
        switch self {
        case .malformedRequestLine: "the request line isn't \"method target version\" with single spaces between"
        case .malformedStatusLine: "the status line isn't \"version status reason\" with a status from 100 to 599"
        case .methodTooLong: "the method is longer than \(HeadLimits.maxMethodBytes) bytes"
        case .malformedVersion: "the start line's version isn't of the form HTTP/1.1"
        case .unsupportedVersion: "only HTTP/1.1 and HTTP/1.0 are spoken here"
        case .targetTooLong(let limit): "the request target is longer than \(limit) bytes"
        case .invalidTargetCharacter:
            "the request target holds a character that a URI can't hold; percent-encode it (and leave \"#\" out)"
        case .invalidTargetForm: "the request target has a form that this method can't have; send a path such as /a"
        case .invalidTargetAuthority: "the request target's authority isn't a host with an optional port"
        case .bareLineFeed(let line): "line \(line) of the head ends in LF alone; end each line with CR LF"
        case .bareCarriageReturn(let line): "line \(line) of the head holds CR without LF; end each line with CR LF"
        case .foldedField(let line):
            "line \(line) of the head begins with white space; folded fields are obsolete, send one line"
        case .whitespaceBeforeColon(let line): "line \(line) of the head has white space before its colon; remove it"
        case .missingColon(let line): "line \(line) of the head isn't \"name: value\""
        case .emptyFieldName(let line): "line \(line) of the head has no field name"
        case .invalidFieldName(let line): "line \(line) of the head has a field name that isn't a token"
        case .controlInFieldValue(let line): "line \(line) of the head has a control character in its value"
        case .headTooLarge(let limit): "the head is longer than \(limit) bytes; send fewer or smaller fields"
        case .tooManyFields(let limit): "the head has more than \(limit) fields"
        case .headTimedOut: "the head didn't arrive in time"
        case .missingHost: "a request of HTTP/1.1 needs a Host field"
        case .repeatedHost: "the request has more than one Host field"
        case .invalidHost: "the Host field isn't a host with an optional port"
        case .repeatedContentLength: "the message has more than one Content-Length field"
        case .invalidContentLength: "the Content-Length isn't one decimal number"
        case .contentLengthTooLarge: "the Content-Length is above 2^63 - 1"
        case .lengthWithTransferEncoding: "the message has both Content-Length and Transfer-Encoding; send one"
        case .transferEncodingInHTTP10: "a message of HTTP/1.0 can't have Transfer-Encoding"
        case .repeatedTransferEncoding: "the message has more than one Transfer-Encoding field"
        case .transferEncodingNotChunked: "the Transfer-Encoding isn't chunked"
        case .unsupportedTransferCoding: "no transfer coding but chunked is known here"
        case .contentNotAllowed: "a response that can't have content announces some"
        case .invalidChunkSize: "a chunk's size isn't hexadecimal digits followed by CR LF or an extension"
        case .chunkSizeTooLarge: "a chunk's size is above 2^63 - 1 or has more than sixteen digits"
        case .chunkExtensionsTooLong(let limit): "the chunk extensions are longer than \(limit) bytes in all"
        case .invalidChunkExtension: "a chunk extension holds a control character"
        case .badChunkLineEnd: "a chunk's size line doesn't end in CR LF"
        case .missingChunkEnd: "a chunk's data isn't followed by CR LF"
        case .trailerTooLarge(let limit): "the trailer fields are longer than \(limit) bytes"
        case .contentCutShort: "the connection ended before the content did"
        case .contentTooLarge(let limit): "the content is longer than \(limit) bytes"
        case .contentLongerThanAnnounced: "more content than announced was about to be sent"
        case .contentShorterThanAnnounced: "the content ended before its announced length"
        case .unsupportedExpectation: "the only expectation that can be met is 100-continue"
        case .malformedPercentEncoding: "a \"%\" isn't followed by two hexadecimal digits"
        case .queryNotUTF8: "a query parameter isn't UTF-8 once decoded"
        }
    }
}
