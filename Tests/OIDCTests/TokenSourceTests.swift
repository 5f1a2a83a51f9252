import OIDC
import Testing

@Suite("TokenSource: names and defaults")
struct TokenSourceTests {
    @Test("the names are those of the settings")
    func names() {
        #expect(TokenSource.allCases.map(\.rawValue) == ["header", "cookie", "query", "subprotocol"])
        #expect(Set(TokenSource.allCases.map(\.words)).count == 4)
    }

    @Test("only the header unless more is switched on")
    func defaults() {
        #expect(TokenSources().enabled == [.header])
        #expect(TokenSources().maxTokenBytes == 16_384)
    }
}
