import WebSocket

/// One input of the fuzz harness (Fuzz/FrameDecoder), checked against the oracle. Used by the harness, and by
/// `FuzzReplayTests` for the inputs that are kept.
///
/// Byte 0 says how to decode: bit 0 the role, bit 1 whether frames are reported, bit 2 a small frame limit. Byte 1 and
/// those after it, up to a zero or eight of them, are the sizes of the reads, used in turn. The rest is the wire.
struct FuzzCase {
    /// The decoder and the oracle disagree.
    struct Disagreement: Error {
        var decoded: [Item]
        var expected: [Item]
    }

    var role: Role
    var reportsFrames: Bool
    var maxFrameSize: Int
    var readSizes: [Int]
    var wire: [UInt8]

    init(_ input: [UInt8]) {
        let flags = input.first ?? 0
        role = flags & 1 == 0 ? .server : .client
        reportsFrames = flags & 2 != 0
        maxFrameSize = flags & 4 == 0 ? 65_535 : 16
        let sizes = input.dropFirst().prefix(8).prefix { $0 != 0 }
        readSizes = sizes.map { Int($0) }
        let terminator = sizes.count < 8 ? 1 : 0
        wire = Array(input.dropFirst(1 + sizes.count + terminator))
    }

    func check() throws {
        let expected = ReferenceDecoder(role: role, maxFrameSize: maxFrameSize).decode(wire)
        var driver = DecoderDriver(role: role, maxFrameSize: maxFrameSize, reportsFrames: reportsFrames)
        var cuts: [Int] = []
        var end = 0
        while !readSizes.isEmpty {
            end += readSizes[cuts.count % readSizes.count]
            if end >= wire.count { break }
            cuts.append(end)
        }
        try driver.feed(wire, cuts: cuts, headroom: readSizes.count * 3, gap: readSizes.count * 2)
        guard driver.items == expected else { throw Disagreement(decoded: driver.items, expected: expected) }
    }
}
