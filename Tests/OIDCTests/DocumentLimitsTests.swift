import Bytes
import Testing

@testable import OIDC

@Suite("DocumentLimits: how large a provider's documents may be")
struct DocumentLimitsTests {
    private let start = MonotonicTime(nanoseconds: 0)

    private func cache(_ limits: DocumentLimits) -> KeyCache {
        KeyCache(source: .discovery(TestProvider.discoveryURL, issuer: nil), limits: limits, at: start)
    }

    @Test("the defaults are those of the documents")
    func defaults() {
        #expect(DocumentLimits().bytes(of: .discovery) == KeyDocument.discovery.maxBytes)
        #expect(DocumentLimits().bytes(of: .keySet) == KeyDocument.keySet.maxBytes)
    }

    @Test("fetches are told their limits, and larger documents are refused at either")
    func limitsAreKept() {
        let document = TestProvider.discovery()
        let keys = TestProvider.keySet(TestKey.first.jwk(kid: "k1"))

        var tooSmall = cache(DocumentLimits(discovery: document.count - 1))
        #expect(tooSmall.advance(at: start)?.limit == document.count - 1)
        #expect(
            tooSmall.finish(TestProvider.answer(document), at: start)
                == .failed(.tooLarge(.discovery, limit: document.count - 1)))

        var fitting = cache(DocumentLimits(discovery: document.count, keySet: keys.count - 1))
        _ = fitting.advance(at: start)
        guard case .fetch(let next) = fitting.finish(TestProvider.answer(document), at: start) else {
            Issue.record("the document is within its limit")
            return
        }
        #expect(next.limit == keys.count - 1)
        #expect(
            fitting.finish(TestProvider.answer(keys), at: start) == .failed(.tooLarge(.keySet, limit: keys.count - 1)))
    }

    @Test("documents above the default are taken where that is set")
    func limitsMayBeRaised() {
        let padding = [UInt8](repeating: 0x20, count: KeyDocument.discovery.maxBytes)
        let document = TestProvider.discovery() + padding
        var strict = cache(DocumentLimits())
        _ = strict.advance(at: start)
        #expect(
            strict.finish(TestProvider.answer(document), at: start)
                == .failed(.tooLarge(.discovery, limit: KeyDocument.discovery.maxBytes)))
        var generous = cache(DocumentLimits(discovery: document.count))
        _ = generous.advance(at: start)
        guard case .fetch = generous.finish(TestProvider.answer(document), at: start) else {
            Issue.record("the document is within its limit")
            return
        }
    }
}
