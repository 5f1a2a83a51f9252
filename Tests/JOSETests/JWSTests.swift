import Bytes
import JOSE
import Testing

@Suite struct JWSTests {
    private static let header = Base64URL.encode(Array(#"{"alg":"RS256"}"#.utf8))

    @Test func isTakenApart() throws {
        let token = try JWS(compact: "\(Self.header).Zm9v.AQID")
        #expect(token.header.alg == "RS256")
        #expect(token.payload == Array("foo".utf8))
        #expect(token.signature == [1, 2, 3])
        #expect(token.signingInput == Array("\(Self.header).Zm9v".utf8))
    }

    @Test func thePayloadMayBeEmptyOrAnyBytes() throws {
        #expect(try JWS(compact: "\(Self.header)..AQID").payload == [])
        #expect(try JWS(compact: "\(Self.header)._wAB.AQID").payload == [0xFF, 0, 1])
    }

    @Test(arguments: [
        ("", JWSError.wrongPartCount(1)),
        ("a", .wrongPartCount(1)),
        (".", .wrongPartCount(2)),
        ("....", .encrypted),
        (".....", .wrongPartCount(6)),
        ("\(header).Zm9v", .wrongPartCount(2)),
        ("\(header).Zm9v.AQID.", .wrongPartCount(4)),
        ("\(header).Zm9v.", .emptySignature),
        ("{}", .jsonSerialization),
        (#"{"payload":"..."}"#, .jsonSerialization),
        ("\(header)=.Zm9v.AQID", .badBase64(.header)),
        ("\(header).Zm9=.AQID", .badBase64(.payload)),
        ("\(header).Zm9v.AQI=", .badBase64(.signature)),
        ("\(header).Zm9v.AQ==", .badBase64(.signature)),
        (" \(header).Zm9v.AQID", .badBase64(.header)),
        ("\(header).Zm9v.AQID\n", .badBase64(.signature)),
        ("\(header).Zm 9v.AQID", .badBase64(.payload)),
        ("\(header).Zm9v.AQI+", .badBase64(.signature)),
        ("\(header).Zm9v.AQI/", .badBase64(.signature)),
        ("\(header).Zm9v.A", .badBase64(.signature)),
        ("\(header).Zm9.AQID", .badBase64(.payload)),
        ("\(header).Zm9v.AR", .badBase64(.signature)),
        ("\(header).Zm9v.AQ\u{0}D", .badBase64(.signature)),
        ("\(header).Zm9v.AQÉD", .badBase64(.signature)),
    ])
    func refusesEachMisdeed(compact: String, expected: JWSError) {
        #expect(throws: expected) { try JWS(compact: compact) }
        #expect(!expected.description.isEmpty)
    }

    @Test func limitsAreExact() throws {
        let whole = "\(Self.header).Zm9v.AQID"
        let size = whole.utf8.count
        _ = try JWS(compact: whole, limits: JWS.Limits(maxBytes: size, maxHeaderBytes: 15))
        #expect(throws: JWSError.tooLarge(limit: size - 1)) {
            try JWS(compact: whole, limits: JWS.Limits(maxBytes: size - 1))
        }
        #expect(throws: JWSError.headerTooLarge(limit: 14)) {
            try JWS(compact: whole, limits: JWS.Limits(maxHeaderBytes: 14))
        }
        #expect(JWS.Limits().maxBytes == 16 * 1024)
    }

    @Test func cutAnywhereItIsNoTokenOrAnother() throws {
        let whole = Array("\(Self.header).Zm9v.AQIDBA".utf8)
        for count in 0..<whole.count {
            guard let cut = try? JWS(compact: whole.span.extracting(0..<count)) else { continue }
            #expect(cut.signature.count < 4)
        }
    }
}
