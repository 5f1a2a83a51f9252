import HTTP1
import Testing

@testable import Admin

struct MediaPreferenceTests {
    @Test(arguments: [
        "text/html", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "TEXT/HTML ; q=1",
        "application/json;q=0.9, text/html", "application/json, text/html", "application/xhtml+xml",
        "text/html;q=0.001", "application/json;q=0.5, text/html ; charset=utf-8; q=0.6",
    ])
    func wantsThePage(_ accept: String) { #expect(MediaPreference.wantsPage(["Accept": accept])) }

    @Test(arguments: [
        "", "*/*", "text/*", "application/json", "text/html;q=0", "text/html;q=0.000",
        "application/json, text/html;q=0.9",
        "text/plain", "text/html;q=x", "text/html;q=", "text/html;q=-1", "text/html;q=2", "text/htmlx", ",,;q=1,",
    ])
    func wantsFacts(_ accept: String) { #expect(!MediaPreference.wantsPage(["Accept": accept])) }

    @Test func withoutTheField() { #expect(!MediaPreference.wantsPage([:])) }
}
