/// How much of a head is taken before it is refused. A peer can make the parser hold `maxHeadBytes` and no more.
public struct HeadLimits: Sendable, Equatable {
    /// The whole head in bytes, from the first byte of the start line to the empty line's LF.
    public var maxHeadBytes: Int
    /// The request target in bytes.
    public var maxTargetBytes: Int
    /// The number of field lines.
    public var maxFields: Int

    /// The method in bytes. The longest registered one (`UPDATEREDIRECTREF`) has 17.
    static let maxMethodBytes = 32

    /// Limits, each in the unit of its property. The defaults leave room for a 16 KiB token beside a browser's cookies.
    public init(maxHeadBytes: Int = 32 * 1024, maxTargetBytes: Int = 8 * 1024, maxFields: Int = 100) {
        self.maxHeadBytes = maxHeadBytes
        self.maxTargetBytes = maxTargetBytes
        self.maxFields = maxFields
    }

    /// The longest request line, CRLF left out: method, SP, target, SP, `HTTP/1.1`.
    var maxRequestLineBytes: Int { Self.maxMethodBytes + 1 + maxTargetBytes + 1 + 8 }
}
