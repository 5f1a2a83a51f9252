import WebSocket

/// Drives a ``FrameDecoder`` as the bridge does, and checks on the way what each step promises.
struct DecoderDriver {
    /// A promise of the decoder that a step broke.
    struct Broken: Error, Equatable { var promise: String }

    var decoder: FrameDecoder
    private(set) var items: [Item] = []
    private(set) var frameEnds: [Bool] = []

    init(role: Role = .server, maxFrameSize: Int = 65_535, reportsFrames: Bool = false) {
        decoder = FrameDecoder(role: role, maxFrameSize: maxFrameSize, reportsFrames: reportsFrames)
    }

    /// Feeds `bytes` as one read, lying behind `headroom` bytes of which the upper `gap` may be overwritten.
    ///
    /// - Returns: false once the decoder has failed.
    mutating func feed(_ bytes: ArraySlice<UInt8>, headroom: Int = 0, gap: Int = 0) throws -> Bool {
        let guardBytes = 3
        var buffer = [UInt8](repeating: 0xEE, count: headroom) + bytes + [UInt8](repeating: 0xEE, count: guardBytes)
        let end = headroom + bytes.count
        let base = headroom - min(gap, headroom)
        var position = headroom
        var output = base
        while position < end {
            let step: FrameDecoder.Step
            do throws(WebSocketError) {
                var span = buffer.mutableSpan
                var raw = unsafe span.mutableBytes
                step = try decoder.step(&raw, from: position, to: end, compactingTo: output)
            } catch {
                items.append(.misdeed(error))
                return false
            }
            guard output <= step.output, step.output <= step.position, position <= step.position, step.position <= end
            else { throw Broken(promise: "output <= position <= end, never backwards") }
            guard step.position > position || step.output > output || step.event != nil else {
                throw Broken(promise: "each step makes progress")
            }
            add(Array(buffer[output..<step.output]))
            (position, output) = (step.position, step.output)
            add(step.event)
        }
        guard buffer[..<base].allSatisfy({ $0 == 0xEE }), buffer[end...].allSatisfy({ $0 == 0xEE }) else {
            throw Broken(promise: "bytes outside the range stay as they are")
        }
        return true
    }

    /// Feeds `wire` cut at `cuts` (ascending).
    mutating func feed(_ wire: [UInt8], cuts: [Int], headroom: Int = 0, gap: Int = 0) throws {
        var start = 0
        for end in cuts + [wire.count] {
            guard try feed(wire[start..<end], headroom: headroom, gap: gap) else { return }
            start = end
        }
    }

    private mutating func add(_ data: [UInt8]) {
        if data.isEmpty { return }
        if case .data(let before) = items.last {
            items[items.count - 1] = .data(before + data)
        } else {
            items.append(.data(data))
        }
    }

    private mutating func add(_ event: FrameDecoder.Event?) {
        switch event {
        case .ping(let payload): items.append(.ping(payload.bytes))
        case .pong(let payload): items.append(.pong(payload.bytes))
        case .close(let status): items.append(.close(status.code, status.reason))
        case .frameEnd(let isFinal): frameEnds.append(isFinal)
        case nil: break
        }
    }
}
