import OIDC
import Testing

@Suite("TargetRedaction: request targets fit for logs")
struct TargetRedactionTests {
    @Test(
        "secrets are replaced, the rest stays",
        arguments: [
            ("/", "/"), ("/a?b=c&d", "/a?b=c&d"), ("/?access_token=x", "/?access_token=[redacted]"),
            ("/?a=1&access_token=x&b=2", "/?a=1&access_token=[redacted]&b=2"),
            ("/?access%5Ftoken=x", "/?access%5Ftoken=[redacted]"), ("/?ACCESS_TOKEN=x", "/?ACCESS_TOKEN=[redacted]"),
            ("/?access_token=", "/?access_token="), ("/?access_token", "/?access_token"),
            ("/?access_token=a;access_token=b", "/?access_token=[redacted];access_token=[redacted]"),
            ("/?access_token=%zz", "/?access_token=[redacted]"),
            ("/cb?code=abc&state=s", "/cb?code=[redacted]&state=s"),
            ("/?t=eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "/?t=[redacted]"),
            ("/?t=eyJhbGciOiJSUzI1NiJ9%2Ee30", "/?t=[redacted]"),
            ("/?t=%65yJh.x", "/?t=[redacted]"), ("/?%zz=eyJh.x%", "/?%zz=[redacted]"),
            ("/?t=eyJust-a-word", "/?t=eyJust-a-word"),
            ("http://h/x?client_secret=s", "http://h/x?client_secret=[redacted]"),
            ("/?a=1&password=p", "/?a=1&password=[redacted]"),
        ])
    func redacted(target: String, safe: String) {
        #expect(TargetRedaction.redact(target) == safe)
    }

    /// A client that puts its token into the path by mistake must not find it in the log.
    @Test(arguments: [
        ("/", "/"), ("/configuration", "/configuration"), ("/eyJhbGciOiJ.e30.c2ln", "/[redacted]"),
        ("/a/Bearer%20eyJhbGciOiJ.e30.c2ln/b", "/a/[redacted]/b"), ("", ""),
    ])
    func tokensInThePathAreRedacted(path: String, safe: String) {
        #expect(TargetRedaction.redactPath(path) == safe)
    }
}
