import HTTP1

/// One fuzz input: a request or response with its content, read whole and read in pieces.
///
/// The first byte chooses the kind (bit 0: response) and seeds the cuts; the rest is the message. Both readings must
/// agree on whether it is refused, on the head, on the framing, on the content and on where the message ends: two
/// readers that disagree there are what request smuggling needs. What was accepted is serialized and read once more,
/// and must say the same.
struct HTTPFuzzCase {
    /// A disagreement, in words.
    struct Disagreement: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    private struct Reading: Equatable {
        var headIsAccepted = false
        var bodyIsAccepted = false
        var isFinished = false
        var start = ""
        var fields: HeaderFields = [:]
        var framing: BodyFraming?
        var content: [UInt8] = []
        var used = 0
    }

    private let isResponse: Bool
    private let seed: UInt8
    private let message: [UInt8]

    init(_ input: [UInt8]) {
        isResponse = (input.first ?? 0) & 1 == 1
        seed = input.first ?? 0
        message = Array(input.dropFirst())
    }

    func check() throws(Disagreement) {
        let whole = read { _ in message.count }
        let single = read { _ in 1 }
        var state = UInt32(seed) &* 2_654_435_761 | 1
        let cut = read { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return Int(state >> 24) % 37 + 1
        }
        if whole != single { throw Disagreement("whole \(whole)\nbyte by byte \(single)") }
        if whole != cut { throw Disagreement("whole \(whole)\nin pieces \(cut)") }
        if whole.headIsAccepted { try checkSerialized(whole) }
    }

    private func checkSerialized(_ first: Reading) throws(Disagreement) {
        var parser = RequestHeadParser()
        var responseParser = ResponseHeadParser()
        do throws(HTTPError) {
            if isResponse {
                guard case .head(let head, _) = try responseParser.receive(message.span) else { return }
                let text = HeadSerializer.serialize(head)
                var again = ResponseHeadParser()
                guard case .head(let reread, let used) = try again.receive(text.span), used == text.count,
                    reread.fields == head.fields, reread.status == head.status
                else { throw HTTPError.malformedStatusLine }
            } else {
                guard case .head(let head, _) = try parser.receive(message.span) else { return }
                let text = HeadSerializer.serialize(head)
                var again = RequestHeadParser()
                guard case .head(let reread, let used) = try again.receive(text.span), used == text.count,
                    reread.fields == head.fields, reread.method == head.method, reread.target == head.target
                else { throw HTTPError.malformedRequestLine }
            }
        } catch {
            throw Disagreement("a head that was accepted is not read back the same: \(error)")
        }
    }

    private func read(_ size: (Int) -> Int) -> Reading {
        var reading = Reading()
        var requests = RequestHeadParser()
        var responses = ResponseHeadParser()
        var decoder: BodyDecoder?
        var position = 0
        do throws(HTTPError) {
            while position < message.count, decoder == nil {
                let end = min(message.count, position + size(position))
                let piece = Array(message[position..<end])
                if isResponse {
                    switch try responses.receive(piece.span) {
                    case .needMore: position = end
                    case .head(let head, let consumed):
                        position += consumed
                        reading.start = "\(head.version) \(head.status) \(head.reason)"
                        reading.fields = head.fields
                        reading.headIsAccepted = true
                        reading.framing = try BodyFraming.response(head, to: "GET")
                    }
                } else {
                    switch try requests.receive(piece.span) {
                    case .needMore: position = end
                    case .head(let head, let consumed):
                        position += consumed
                        reading.start = "\(head.method) \(head.target) \(head.version)"
                        reading.fields = head.fields
                        reading.headIsAccepted = true
                        reading.framing = try BodyFraming.request(head)
                    }
                }
                if let framing = reading.framing { decoder = BodyDecoder(framing) }
            }
            guard var body = decoder else { return reading }
            while position < message.count, !body.isFinished {
                let end = min(message.count, position + size(position))
                let piece = Array(message[position..<end])
                var inside = 0
                while inside < piece.count, !body.isFinished {
                    let step = try body.decode(piece.span, from: inside)
                    reading.content += piece[step.content]
                    inside = step.position
                }
                position += inside
            }
            reading.bodyIsAccepted = true
            reading.isFinished = body.isFinished
            reading.used = position
        } catch {
            // Which misdeed is named may depend on the cuts; that there is one may not.
        }
        // A refused body may have handed out more or less of itself before, depending on the cuts.
        if !reading.bodyIsAccepted { reading.content = [] }
        return reading
    }
}
