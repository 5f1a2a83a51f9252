import HTTP1
import Testing

@testable import Admin

struct AdminAnswerTests {
    private func head(_ answer: AdminAnswer, withoutBody: Bool = false, closes: Bool = false) throws -> ResponseHead {
        var parser = ResponseHeadParser()
        let bytes = answer.serialized(withoutBody: withoutBody, closes: closes)
        guard case .head(let head, _) = try parser.receive(bytes.span) else { throw HTTPError.malformedStatusLine }
        return head
    }

    @Test(arguments: [200, 404, 405, 421, 503])
    func everyAnswerCarriesTheSecurityFields(_ status: Int) throws {
        let fields = try head(AdminAnswer(status, "words")).fields
        #expect(fields.first("Cache-Control") == "no-store")
        #expect(fields.first("X-Content-Type-Options") == "nosniff")
        #expect(fields.first("X-Frame-Options") == "DENY")
        #expect(fields.first("Referrer-Policy") == "no-referrer")
        #expect(fields.first("Cross-Origin-Resource-Policy") == "same-origin")
        let policy = try #require(fields.first("Content-Security-Policy"))
        #expect(policy.hasPrefix("default-src 'none'; "))
        #expect(policy.contains("frame-ancestors 'none'"))
        #expect(!policy.contains("script-src"))
    }

    @Test func thePolicyOfThePageNamesItsOwnPartsOnly() throws {
        let answer = StatusPage.answer()
        let nonce = try #require(answer.nonce)
        let policy = try #require(try head(answer).fields.first("Content-Security-Policy"))
        #expect(policy.contains("script-src 'nonce-\(nonce)'; style-src 'nonce-\(nonce)'; connect-src 'self'"))
        #expect(!policy.contains("unsafe"))
    }

    @Test func lengthIsThatOfTheBodyAlsoWithoutIt() throws {
        let answer = AdminAnswer(200, "äöü")
        #expect(try head(answer).fields.first("Content-Length") == "7")
        #expect(try head(answer, withoutBody: true).fields.first("Content-Length") == "7")
        #expect(answer.serialized(withoutBody: true, closes: false).suffix(4) == [13, 10, 13, 10])
    }

    @Test func closingIsSaid() throws {
        #expect(try head(AdminAnswer(200, "a"), closes: true).fields.first("Connection") == "close")
        #expect(try head(AdminAnswer(200, "a")).fields.first("Connection") == nil)
    }
}
