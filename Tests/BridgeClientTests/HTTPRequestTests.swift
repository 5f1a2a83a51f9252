import HTTP1
import Testing

@testable import BridgeClient

@Suite struct HTTPRequestTests {
    private func text(_ request: HTTPRequest) -> String {
        String(decoding: request.bytes(for: ClientEndpoint(host: "proxy.example", port: 11_080)), as: UTF8.self)
    }

    @Test func aGetHasHostAndNoLength() {
        #expect(
            text(HTTPRequest(target: "/configuration"))
                == "GET /configuration HTTP/1.1\r\nHost: proxy.example:11080\r\n"
                + "Accept: application/json, */*;q=0.5\r\nConnection: close\r\n\r\n")
    }

    @Test func aFormIsEncoded() {
        let request = HTTPRequest.form("/token", [("a", "b c&d"), ("é", "=")])
        #expect(
            text(request)
                == "POST /token HTTP/1.1\r\nHost: proxy.example:11080\r\n"
                + "Content-Type: application/x-www-form-urlencoded\r\nAccept: application/json, */*;q=0.5\r\n"
                + "Content-Length: 22\r\nConnection: close\r\n\r\na=b%20c%26d&%C3%A9=%3D")
    }

    @Test func ownFieldsAreKept() {
        let sent = text(HTTPRequest(target: "/", fields: ["Accept": "text/html", "X-A": "1"]))
        #expect(sent.contains("Accept: text/html\r\nX-A: 1\r\n"))
        #expect(!sent.contains("json"))
    }
}
