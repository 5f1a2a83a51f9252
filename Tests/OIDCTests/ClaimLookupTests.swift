import JOSE
import JSON
import Testing

@testable import OIDC

@Suite("ClaimLookup: claims in the shapes that providers give them")
struct ClaimLookupTests {
    private func claims(_ json: JSONValue) throws -> ClaimsSet { try ClaimsSet(payload: JSON.serialize(json)) }

    @Test("a claim by its whole name first, then by the way into an object")
    func paths() throws {
        let claims = try claims([
            "realm_access": ["roles": ["a"], "deep": ["er": 1]], "https://example.com/x": 2, "a.b": 3, "a": ["b": 4],
            "text": "t",
        ])
        #expect(claims.value(at: "realm_access.roles") == ["a"])
        #expect(claims.value(at: "realm_access.deep.er") == 1)
        #expect(claims.value(at: "https://example.com/x") == 2)
        #expect(claims.value(at: "a.b") == 3)
        for missing in [
            "realm_access.nothing", "realm_access.roles.a", "text.x", ".", "", "a.", ".a", "a..b", "nothing",
        ] {
            #expect(claims.value(at: missing) == nil, "\(missing)")
        }
    }

    @Test(
        "scopes: one text or an array, in scope or scp",
        arguments: [
            ["scope": "a read b"], ["scope": ["a", "read"]], ["scp": "read"], ["scp": ["read"]],
            ["scope": "other", "scp": "read"], ["scope": "  read  "], ["scope": 7, "scp": ["x", 1, "read"]],
        ] as [JSONValue])
    func granted(json: JSONValue) throws {
        let claims = try claims(json)
        #expect(claims.grants(scope: "read"))
        #expect(claims.scopes.contains("read"))
    }

    @Test(
        "scopes not granted",
        arguments: [
            [:], ["scope": "reader"], ["scope": "READ"], ["scope": "a,read"], ["scope": ["a read"]],
            ["scope": ["x": "read"]],
            ["scopes": "read"], ["scope": "read\t"], ["scope": true], ["scope": nil], ["scope": "rea\u{64}\u{301}"],
        ] as [JSONValue])
    func notGranted(json: JSONValue) throws {
        #expect(try !claims(json).grants(scope: "read"))
    }

    @Test("whom the token was issued to")
    func clientID() throws {
        #expect(try claims(["client_id": "c", "azp": "z"]).clientID == "c")
        #expect(try claims(["azp": "z"]).clientID == "z")
        #expect(try claims(["client_id": 5]).clientID == nil)
    }
}
