/// How much of a body is taken before it is refused.
public struct BodyLimits: Sendable, Equatable {
    /// The content in bytes, framing left out. Unlimited by default: a gateway streams content and holds none.
    public var maxContentBytes: UInt64
    /// The chunk extensions of the whole body in bytes. They are read over; nobody needs them.
    public var maxExtensionBytes: Int
    /// The trailer section in bytes.
    public var maxTrailerBytes: Int
    /// The number of trailer fields.
    public var maxTrailerFields: Int

    /// Limits, each in the unit of its property.
    public init(
        maxContentBytes: UInt64 = .max, maxExtensionBytes: Int = 4 * 1024, maxTrailerBytes: Int = 8 * 1024,
        maxTrailerFields: Int = 32
    ) {
        self.maxContentBytes = maxContentBytes
        self.maxExtensionBytes = maxExtensionBytes
        self.maxTrailerBytes = maxTrailerBytes
        self.maxTrailerFields = maxTrailerFields
    }
}
