internal import Bytes
internal import Reactor

/// What a client sent and nobody has taken yet: one read at most, so that a client can't make this side hold more.
///
/// Edge-triggered: whether there may be more in the socket is remembered until a read finds nothing.
struct ClientInput {
    private var bytes: [UInt8] = []
    private var start = 0
    private var mayRead = true

    /// Whether everything that was read has been taken.
    var isEmpty: Bool { start == bytes.count }

    /// The loop reported that the socket can be read.
    mutating func noteReadable() { mayRead = true }

    /// Reads once. Only to be called when everything was taken.
    mutating func fill(from client: Transport) -> Transport.ReadResult {
        guard mayRead else { return .wouldBlock }
        bytes.removeAll(keepingCapacity: true)
        start = 0
        // The end of the input is reported again by each further read, so only "nothing now" stops the reading.
        let result = client.read { read in
            unsafe read.withUnsafeBufferPointer { unsafe self.bytes.append(contentsOf: $0) }
        }
        if case .wouldBlock = result { mayRead = false }
        return result
    }

    /// Gives what is there to `consume`, which answers how many bytes it took.
    mutating func take<Failure: Error>(_ consume: (Span<UInt8>) throws(Failure) -> Int) throws(Failure) {
        let taken = try consume(bytes.span.extracting(start..<bytes.count))
        start = min(start + taken, bytes.count)
    }

    /// Gives memory back while nothing is held: an idle connection owns none.
    mutating func releaseMemory() {
        guard isEmpty else { return }
        bytes = []
        start = 0
    }
}
