/// What is wrong with a message: one case for each misdeed.
///
/// Messages name the rule and the place, never a value: values may be secrets. After an error in a head or a body the
/// place where the next message begins isn't known any more, so the connection must be closed (RFC 9112 section 6.3).
public enum HTTPError: Error, Sendable, Equatable {
    // Start lines (RFC 9112 sections 3 and 4).
    /// Not `method SP request-target SP HTTP-version`.
    case malformedRequestLine
    /// Not `HTTP-version SP status-code SP [ reason-phrase ]`.
    case malformedStatusLine
    /// A method longer than any that exists.
    case methodTooLong
    /// Not `HTTP/` digit `.` digit.
    case malformedVersion
    /// A version other than 1.0 and 1.1.
    case unsupportedVersion
    /// A request target longer than the limit, in bytes.
    case targetTooLong(limit: Int)
    /// A request target with a byte that no URI holds: a control character, a space, `#`, or one above ASCII.
    case invalidTargetCharacter
    /// A request target in none of the four forms, or in a form that its method doesn't have (RFC 9112 section 3.2).
    case invalidTargetForm
    /// An authority in the request target that isn't `host [ ":" port ]`.
    case invalidTargetAuthority

    // Lines (RFC 9112 sections 2.2 and 5). Lines count from 1, the start line.
    /// LF without CR before it.
    case bareLineFeed(line: Int)
    /// CR without LF after it.
    case bareCarriageReturn(line: Int)
    /// A line that begins with white space: obsolete folding, or white space between start line and fields.
    case foldedField(line: Int)
    /// White space between field name and colon.
    case whitespaceBeforeColon(line: Int)
    /// A field line without a colon.
    case missingColon(line: Int)
    /// A field line that begins with its colon.
    case emptyFieldName(line: Int)
    /// A field name with a character that no token has.
    case invalidFieldName(line: Int)
    /// A control character in a field value, NUL among them.
    case controlInFieldValue(line: Int)
    /// More bytes before the empty line than the limit.
    case headTooLarge(limit: Int)
    /// More field lines than the limit.
    case tooManyFields(limit: Int)
    /// The head didn't arrive in time. Never thrown here: the clock is the caller's.
    case headTimedOut

    // Host (RFC 9112 section 3.2).
    /// A request of HTTP/1.1 without Host.
    case missingHost
    /// More than one Host field.
    case repeatedHost
    /// A Host that isn't `uri-host [ ":" port ]`, or is empty.
    case invalidHost

    // Framing (RFC 9112 section 6).
    /// More than one Content-Length field, equal or not.
    case repeatedContentLength
    /// A Content-Length that isn't one decimal number; lists such as `5, 5` included.
    case invalidContentLength
    /// A Content-Length above 2^63 − 1.
    case contentLengthTooLarge
    /// Content-Length and Transfer-Encoding together.
    case lengthWithTransferEncoding
    /// Transfer-Encoding in a message of HTTP/1.0.
    case transferEncodingInHTTP10
    /// More than one Transfer-Encoding field.
    case repeatedTransferEncoding
    /// A Transfer-Encoding whose last coding isn't `chunked`, or that isn't a list of codings at all.
    case transferEncodingNotChunked
    /// Another coding under a final `chunked`.
    case unsupportedTransferCoding
    /// A response without content (1xx, 204) that announces some.
    case contentNotAllowed

    // Content (RFC 9112 sections 6.3, 7 and 8).
    /// A chunk size that isn't hexadecimal digits ended by `;` or CRLF.
    case invalidChunkSize
    /// A chunk size above 2^63 − 1, or written with more than sixteen digits.
    case chunkSizeTooLarge
    /// Chunk extensions longer than the limit, in bytes over the whole body.
    case chunkExtensionsTooLong(limit: Int)
    /// A chunk extension with a control character.
    case invalidChunkExtension
    /// A chunk size line that doesn't end in CRLF.
    case badChunkLineEnd
    /// Chunk data that isn't followed by CRLF.
    case missingChunkEnd
    /// A trailer section longer than the limit, in bytes.
    case trailerTooLarge(limit: Int)
    /// The connection ended inside the content.
    case contentCutShort
    /// More content than the limit, in bytes.
    case contentTooLarge(limit: UInt64)
    /// The sender of content produced more than the length it announced.
    case contentLongerThanAnnounced
    /// The sender of content produced less than the length it announced.
    case contentShorterThanAnnounced

    // Semantics.
    /// An Expect other than `100-continue` (RFC 9110 section 10.1.1).
    case unsupportedExpectation
    /// A `%` that isn't followed by two hexadecimal digits (RFC 3986 section 2.1).
    case malformedPercentEncoding
    /// A query parameter that isn't UTF-8 once decoded.
    case queryNotUTF8
}
