import HTTP1
import Testing

/// Whatever arrives: no trap, and the outcome doesn't depend on how the bytes were cut.
struct RandomInputTests {
    private let seeds = [
        "GET /a?b HTTP/1.1\r\nHost: [::1]:1\r\nX:  y \t\r\nConnection: a, b\r\n\r\nrest",
        "POST http://h/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        "\r\nOPTIONS * HTTP/1.0\r\nCookie: a=b; c=\"d\"\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "5;a=b\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\nX: y\r\nZ: w\r\n\r\nnext",
        "a%20b=c+d&access_token=%C3%A9&",
    ]

    /// Bytes that a parser looks for, so that mutations reach deep.
    private let spice = Array("\r\n\r\n :;,=%&?/#[]\"\t\u{0}\u{7F}0159afgzHTP".utf8) + [0x80, 0xC3, 0xFF]

    private func mutated(_ text: String, _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let place = Int.random(in: 0..<max(bytes.count, 1), using: &random)
            let byte = spice.randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<4, using: &random) {
            case 0 where !bytes.isEmpty: bytes[place] = byte
            case 1: bytes.insert(byte, at: place)
            case 2 where !bytes.isEmpty: bytes.remove(at: place)
            default: bytes.removeLast(min(bytes.count, Int.random(in: 0...3, using: &random)))
            }
        }
        return bytes
    }

    @Test func `request heads`() throws {
        var random = SeededGenerator(seed: 1)
        for round in 0..<3_000 {
            let bytes = mutated(seeds[round % 4], &random)
            let outcomes = Cut.allCases.map { cut in
                Result { () throws(HTTPError) in
                    try receiveRequest(bytes, cut: cut).map {
                        "\($0.head.fields.count)/\($0.head.target)/\($0.consumed)"
                    }
                }
            }
            expectAgreement(outcomes, bytes)
            if let head = try? receiveRequest(bytes)?.head {
                // What was accepted is written and read back the same.
                #expect(try receiveRequest(HeadSerializer.serialize(head))?.head == head)
                _ = try? BodyFraming.request(head)
                _ = Cookies.values(named: "a", in: head.fields)
                _ = (head.path, head.query, head.authority, head.isPersistent, head.originTarget)
            }
        }
    }

    @Test func `chunks`() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<3_000 {
            let bytes = mutated(seeds[4], &random)
            let outcomes = Cut.allCases.map { cut in
                Result { () throws(HTTPError) in try decode(bytes, .chunked, cut: cut) }
            }
            expectAgreement(outcomes, bytes)
        }
    }

    @Test func `queries`() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<3_000 {
            let query = String(decoding: mutated(seeds[5], &random), as: UTF8.self)
            let pairs = try? QueryParameters.all(in: query)
            guard let pairs else { continue }
            for (name, value) in pairs {
                #expect((try? QueryParameters.values(named: name, in: query))?.contains(value) == true)
            }
        }
    }

    /// Equal values, or refusals; where several things are wrong, the cut may decide which is met first.
    private func expectAgreement<Value: Equatable>(_ outcomes: [Result<Value, HTTPError>], _ bytes: [UInt8]) {
        guard let first = outcomes.first else { return }
        for other in outcomes.dropFirst() {
            switch (first, other) {
            case (.success(let a), .success(let b)): #expect(a == b, "\(bytes)")
            case (.failure, .failure): break
            default: Issue.record("the outcome depends on the cut: \(outcomes) for \(bytes)")
            }
        }
    }
}
