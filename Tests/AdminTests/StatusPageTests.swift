import Testing

@testable import Admin

/// What can be said of the page without a browser; what it does is tested in one (InteropTests).
struct StatusPageTests {
    private let text = String(decoding: StatusPage.document(nonce: "NONCE"), as: UTF8.self)

    @Test func itIsSmall() { #expect(text.utf8.count < 40 * 1024) }

    @Test func itNeedsNothingFromElsewhere() {
        // The two names are of XML vocabularies; nobody asks for them.
        let names = text.replacing("http://www.w3.org/2000/svg", with: "")
        for word in ["http:", "https:", "//cdn", "@import", "url(", "src=", "integrity="] {
            #expect(!names.contains(word), "\(word)")
        }
    }

    @Test func onlyNamedPartsRun() {
        #expect(text.matches(of: /<script/).count == text.matches(of: /<script nonce="NONCE">/).count)
        #expect(text.matches(of: /<style/).count == text.matches(of: /<style nonce="NONCE">/).count)
        #expect(!text.contains(/\son[a-z]+=/) && !text.contains(/\sstyle=/), "the policy forbids inline attributes")
    }

    @Test func everyAnswerHasItsOwnNonce() throws {
        let nonces = (0..<100).compactMap { _ in StatusPage.answer().nonce }
        #expect(Set(nonces).count == 100)
        #expect(nonces.allSatisfy { $0.count == 32 })
    }

    @Test func textFromTheServerNeverBecomesMarkup() {
        for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("] {
            #expect(!StatusPage.script.contains(word), "\(word)")
        }
    }

    @Test func whatTheScriptFillsIsThere() {
        for name in StatusPage.script.matches(of: /set\("([A-Za-z]+)"/).map({ $0.output.1 }) {
            #expect(StatusPage.markup.contains("data-v=\"\(name)\""), "\(name)")
        }
        for name in StatusPage.script.matches(of: /bars\("([A-Za-z]+)"/).map({ $0.output.1 }) {
            #expect(StatusPage.markup.contains("data-bars=\"\(name)\""), "\(name)")
        }
    }
}
