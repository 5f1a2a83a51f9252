import HTTP1
import Testing

/// RFC 9112 section 6.
struct BodyFramingTests {
    private func framing(_ lines: [String], version: String = "1.1") throws -> BodyFraming {
        let text = (["POST / HTTP/\(version)", "Host: a"] + lines).joined(separator: "\r\n") + "\r\n\r\n"
        return try BodyFraming.request(try request(text))
    }

    private func framing(status: Int, _ lines: [String], to method: String = "GET") throws -> BodyFraming {
        let text = (["HTTP/1.1 \(status) X"] + lines).joined(separator: "\r\n") + "\r\n\r\n"
        return try BodyFraming.response(try response(text), to: method)
    }

    @Test func `requests`() throws {
        #expect(try framing([]) == .none)
        #expect(try framing(["Content-Length: 0"]) == .length(0))
        #expect(try framing(["content-length:5"]) == .length(5))
        #expect(try framing(["Content-Length: 0005"]) == .length(5))
        #expect(try framing(["Content-Length: 9223372036854775807"]) == .length(UInt64(Int64.max)))
        #expect(try framing(["Transfer-Encoding: chunked"]) == .chunked)
        #expect(try framing(["transfer-encoding:\tCHUNKED "]) == .chunked)
        #expect(try framing(["Content-Length: 5"], version: "1.0") == .length(5))
    }

    @Test(arguments: ["5, 5", "5,5", "+5", "-5", "0x5", "5 5", "", "5;", "five", "5.0", "5,", "\u{FF15}", "1e3"])
    func `Content-Length is one decimal number`(value: String) {
        #expect(throws: HTTPError.invalidContentLength) { try framing(["Content-Length: \(value)"]) }
        #expect(throws: HTTPError.invalidContentLength) { try framing(status: 200, ["Content-Length: \(value)"]) }
    }

    @Test(arguments: ["9223372036854775808", "18446744073709551615", "18446744073709551616", "99999999999999999999999"])
    func `lengths that no counter holds`(value: String) {
        #expect(throws: HTTPError.contentLengthTooLarge) { try framing(["Content-Length: \(value)"]) }
    }

    @Test func `two lengths, equal or not`() {
        #expect(throws: HTTPError.repeatedContentLength) { try framing(["Content-Length: 5", "Content-Length: 5"]) }
        #expect(throws: HTTPError.repeatedContentLength) { try framing(["Content-Length: 5", "content-length: 6"]) }
        #expect(throws: HTTPError.repeatedContentLength) {
            try framing(status: 200, ["Content-Length: 5", "Content-Length: 5"])
        }
    }

    @Test func `length with a transfer coding (section 6.1)`() {
        for lines in [
            ["Content-Length: 5", "Transfer-Encoding: chunked"], ["Transfer-Encoding: chunked", "Content-Length: 5"],
            ["Transfer-Encoding: identity", "Content-Length: 5"], ["Transfer-Encoding:", "Content-Length: 5"],
        ] {
            #expect(throws: HTTPError.lengthWithTransferEncoding) { try framing(lines) }
            #expect(throws: HTTPError.lengthWithTransferEncoding) { try framing(status: 200, lines) }
        }
    }

    @Test(arguments: [
        "identity", "gzip", "xchunked", "chunkedx", "chunked, identity", "chunked, gzip", "chunked, chunked", "",
        "\"chunked\"", "'chunked'", "chunked;q=1", "chunked,", ", chunked", "chun ked", "x y, chunked",
        "gzip, chunked, chunked", "chunked, gzip, chunked", "=chunked", ",",
    ])
    func `codings that don't end in one chunked`(value: String) {
        #expect(throws: HTTPError.transferEncodingNotChunked) { try framing(["Transfer-Encoding: \(value)"]) }
        #expect(throws: HTTPError.transferEncodingNotChunked) {
            try framing(status: 200, ["Transfer-Encoding: \(value)"])
        }
    }

    @Test(arguments: ["gzip, chunked", "deflate,chunked", "identity, chunked", "x, y, Chunked"])
    func `another coding under chunked is 501`(value: String) {
        #expect(throws: HTTPError.unsupportedTransferCoding) { try framing(["Transfer-Encoding: \(value)"]) }
    }

    @Test func `two fields of codings`() {
        for second in ["chunked", "identity", "", "x"] {
            #expect(throws: HTTPError.repeatedTransferEncoding) {
                try framing(["Transfer-Encoding: chunked", "Transfer-encoding: \(second)"])
            }
        }
    }

    @Test func `a transfer coding in HTTP 1.0 (section 6.1)`() {
        #expect(throws: HTTPError.transferEncodingInHTTP10) {
            try framing(["Transfer-Encoding: chunked"], version: "1.0")
        }
        #expect(throws: HTTPError.transferEncodingInHTTP10) {
            try BodyFraming.response(try response("HTTP/1.0 200 X\r\nTransfer-Encoding: chunked\r\n\r\n"), to: "GET")
        }
    }

    @Test func `responses (section 6.3)`() throws {
        #expect(try framing(status: 200, []) == .untilClose)
        #expect(try framing(status: 200, ["Content-Length: 7"]) == .length(7))
        #expect(try framing(status: 200, ["Transfer-Encoding: chunked"]) == .chunked)
        #expect(try framing(status: 404, ["Content-Length: 0"]) == .length(0))
    }

    @Test func `responses without content`() throws {
        #expect(try framing(status: 200, ["Content-Length: 7"], to: "HEAD") == .none)
        #expect(try framing(status: 200, ["Transfer-Encoding: chunked"], to: "HEAD") == .none)
        #expect(try framing(status: 200, [], to: "HEAD") == .none)
        #expect(try framing(status: 304, ["Content-Length: 7"]) == .none)
        #expect(try framing(status: 204, []) == .none)
        #expect(try framing(status: 204, ["Content-Length: 0"]) == .none)
        #expect(try framing(status: 100, []) == .none)
        #expect(try framing(status: 101, []) == .none)
        #expect(try framing(status: 200, [], to: "CONNECT") == .none)
        #expect(try framing(status: 407, ["Content-Length: 7"], to: "CONNECT") == .length(7))
        #expect(try framing(status: 200, ["Content-Length: 7"], to: "head") == .length(7), "methods mind their case")
    }

    @Test func `responses that announce content they can't have`() {
        for (status, method) in [(204, "GET"), (101, "GET"), (100, "GET"), (200, "CONNECT")] {
            for line in ["Content-Length: 1", "Transfer-Encoding: chunked"] {
                #expect(throws: HTTPError.contentNotAllowed) { try framing(status: status, [line], to: method) }
            }
        }
        #expect(throws: HTTPError.invalidContentLength) { try framing(status: 200, ["Content-Length: x"], to: "HEAD") }
    }
}
