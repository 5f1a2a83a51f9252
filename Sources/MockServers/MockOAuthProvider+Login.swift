internal import HTTP1
internal import JSON

/// What a browser visits: login and logout, without a person.
extension MockOAuthProvider {
    /// The authorization endpoint (RFC 6749 section 4.1.1): everybody is let in at once.
    mutating func authorize(_ request: MockRequest) throws(OAuthError) -> MockAnswer {
        let query = request.query
        for name in ["client_id", "response_type", "redirect_uri"] where query[name, default: ""].isEmpty {
            throw OAuthError(.invalidRequest, "missing \(name) parameter")
        }
        guard query["response_type"] == "code" else {
            throw OAuthError(.invalidGrant, "hybrid and implicit flows are not supported")
        }
        let code = grants.code(
            for: GrantMemory.Authorization(
                nonce: query["nonce"], codeChallenge: query["code_challenge"],
                codeChallengeMethod: query["code_challenge_method"]))
        let target = query["redirect_uri", default: ""]
        var parameters = [("code", code)]
        if let state = query["state"] { parameters.append(("state", state)) }
        switch query["response_mode"] {
        case "form_post": return Self.formPost(to: target, parameters)
        case "fragment": return Self.redirect("\(target)#\(Self.encoded(parameters))")
        default:
            // RFC 6749 section 3.1.2: a query that the redirection URI has already is kept.
            return Self.redirect("\(target)\(target.contains("?") ? "&" : "?")\(Self.encoded(parameters))")
        }
    }

    func endSession(_ request: MockRequest) -> MockAnswer {
        let parameters = request.head.method == "POST" ? request.form : request.query
        if let target = parameters["post_logout_redirect_uri"] { return Self.redirect(target) }
        return .text("logged out", type: "text/html;charset=UTF-8")
    }

    private static func redirect(_ target: String) -> MockAnswer {
        MockAnswer(status: 302, fields: ["location": target])
    }

    private static func encoded(_ parameters: [(String, String)]) -> String {
        parameters.map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&")
    }

    /// OAuth 2.0 Form Post Response Mode: a page that submits itself.
    private static func formPost(to target: String, _ parameters: [(String, String)]) -> MockAnswer {
        let inputs = parameters.map { "<input type=\"hidden\" name=\"\($0)\" value=\"\(escaped($1))\"/>" }.joined()
        return .text(
            """
            <html><body onload="document.forms[0].submit()"><form method="post" action="\(escaped(target))">\
            \(inputs)</form></body></html>
            """, type: "text/html;charset=UTF-8")
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
    }
}
