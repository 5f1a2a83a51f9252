import Testing

/// The strict reader is worth nothing if it takes everything.
@Suite struct ScrapedPageTests {
    @Test func takesGoodText() throws {
        let page = try ScrapedPage("# HELP a b\n# TYPE a counter\na{x=\"1\\n\",y=\"}\"} 2\na 0.5\n")
        #expect(page.value("a", ["x": "1\n", "y": "}"]) == "2")
        #expect(page.value("a") == "0.5")
    }

    @Test(arguments: [
        "", "a 1\n", "# HELP a b\n# TYPE a counter\na 1", "# TYPE a counter\n", "# HELP a b\n# HELP a b\n",
        "# HELP a b\n# TYPE a thing\n", "# HELP a b\n# TYPE a counter\nb 1\n", "# HELP a b\n# TYPE a counter\na -1\n",
        "# HELP a b\n# TYPE a counter\na 1\na 2\n", "# HELP a b\n# TYPE a counter\na{x=1} 2\n",
        "# HELP a b\n# TYPE a counter\na{x=\"\\t\"} 2\n", "# HELP a b\n# TYPE a counter\na{x=\"1\" 2\n",
        "# HELP a b\n# TYPE a counter\na{x=\"1\",x=\"1\"} 2\n", "# HELP a b\n# TYPE a counter\na{__x=\"1\"} 2\n",
        "# HELP a b\n# TYPE a counter\na 1e5\n", "# HELP a b\n# TYPE a counter\n1a 1\n",
        "# HELP a b\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n",
        "# HELP a b\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
        "# HELP a b\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 2\na_sum 1\na_count 1\n",
        "# HELP a b\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 1\n",
    ])
    func refusesBadText(_ text: String) {
        #expect(throws: ScrapeError.self) { try ScrapedPage(text) }
    }
}
