public import Bytes

/// Where signing keys come from.
public enum KeySource: Sendable, Equatable {
    /// A discovery document names issuer and key address. `issuer` is the one it must name, exactly; nil: the one that
    /// the document's own address implies (OpenID Connect Discovery 1.0 section 4.3).
    case discovery(HTTPURL, issuer: String?)
    /// A key set at a known address, for providers without a usable discovery document.
    case keys(HTTPURL, issuer: String)

    /// The issuer that the operator named, if any.
    public var configuredIssuer: String? {
        switch self {
        case .discovery(_, let issuer): issuer
        case .keys(_, let issuer): issuer
        }
    }
}

/// The largest bodies taken from a provider, in bytes.
public struct DocumentLimits: Sendable, Equatable {
    /// Of a discovery document.
    public var discovery: Int
    /// Of a key set.
    public var keySet: Int

    /// Limits; the defaults are those of ``KeyDocument/maxBytes``.
    public init(discovery: Int = KeyDocument.discovery.maxBytes, keySet: Int = KeyDocument.keySet.maxBytes) {
        self.discovery = discovery
        self.keySet = keySet
    }

    /// The limit for `document`.
    public func bytes(of document: KeyDocument) -> Int { document == .discovery ? discovery : keySet }
}

/// A fetch that the driver is to perform: one GET, no redirects followed, at most ``limit`` bytes of body.
public struct KeyFetch: Sendable, Equatable {
    /// Which document is wanted.
    public let document: KeyDocument
    /// Where it is.
    public let url: HTTPURL
    /// The largest body taken, in bytes.
    public let limit: Int

    init(document: KeyDocument, url: HTTPURL, limit: Int? = nil) {
        self.document = document
        self.url = url
        self.limit = limit ?? document.maxBytes
    }
}

/// How it goes on after a fetch.
public enum KeyProgress: Sendable, Equatable {
    /// The flight goes on: perform this fetch.
    case fetch(KeyFetch)
    /// The flight is over and there is a good set; `changed` tells whether it differs from the one before. Whoever waits
    /// for keys asks the gate again.
    case refreshed(changed: Bool)
    /// The flight is over without a set. Whoever waits for keys asks the gate again; the error is worth a log line.
    case failed(ProviderError)
    /// No fetch was asked for: the report came twice or too late.
    case ignored
}

/// What becomes of a wish for newer keys.
public enum RefreshAnswer: Sendable, Equatable {
    /// A flight is under way or due at once; its end is worth waiting for.
    case awaited
    /// Such a wish was granted less than a cool-down ago: the keys at hand have to do.
    case coolingDown(until: MonotonicTime)
}

/// How many flights ended which way.
public struct KeyCacheCounts: Sendable, Equatable {
    /// Flights that brought a good set.
    public var fetched: UInt64 = 0
    /// Flights that failed.
    public var failed: UInt64 = 0
}

/// Where a ``KeyCache`` stands, for status pages and metrics.
public struct KeyCacheStatus: Sendable, Equatable {
    /// Whether and how well the keys serve.
    public enum State: String, Sendable {
        /// No good set was ever fetched: nobody gets in.
        case neverFetched = "never fetched"
        /// Within the time that the provider allowed, or our bounds.
        case fresh
        /// Past it, while the provider fails; still used.
        case stale
        /// Past the bound for that too: nobody gets in.
        case expired
    }

    /// Whether and how well the keys serve.
    public let state: State
    /// How long ago the set was fetched.
    public let age: Duration?
    /// How many keys can verify something.
    public let keyCount: Int
    /// Whether a flight is under way.
    public let isFetching: Bool
    /// See ``KeyCache/generation``.
    public let generation: UInt64
    /// What went wrong last.
    public let lastFailure: ProviderError?
}
