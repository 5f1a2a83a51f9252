import HTTP1
import Testing

struct ForwardedClientTests {
    private let client = ForwardedClient(address: "192.0.2.1", proto: "https", host: "a:10000")

    private func forwarded(_ policy: ForwardedPolicy, _ fields: HeaderFields) -> HeaderFields {
        let head = RequestHead(method: "GET", target: "/", fields: fields)
        return Forwarding.requestHead(from: head, framing: .none, options: .init(forwarded: policy)).fields
    }

    private let claims: HeaderFields = [
        "Host": "a", "X-Forwarded-For": "evil", "x-forwarded-for": "more", "X-Forwarded-Proto": "ftp",
        "X-Forwarded-Port": "1", "Forwarded": "for=evil", "X-Real-IP": "evil", "X-Other": "1",
    ]

    @Test func `passed through`() {
        #expect(forwarded(.passThrough, claims) == claims)
    }

    @Test func `removed`() {
        #expect(forwarded(.remove, claims) == ["Host": "a", "X-Other": "1"])
    }

    @Test func `replaced`() {
        #expect(
            forwarded(.replace(client), claims) == [
                "Host": "a", "X-Other": "1", "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https",
                "X-Forwarded-Host": "a:10000",
            ])
    }

    @Test func `appended`() {
        let fields = forwarded(.append(client), claims)
        #expect(fields.all("X-Forwarded-For") == ["evil, more, 192.0.2.1"])
        #expect(fields.all("X-Forwarded-Proto") == ["ftp"])
        #expect(fields.all("X-Forwarded-Host") == ["a:10000"])
        #expect(forwarded(.append(client), ["Host": "a"]).first("X-Forwarded-For") == "192.0.2.1")
    }

    @Test func `Connection can't take away what is known`() {
        let fields = forwarded(.replace(client), ["Host": "a", "Connection": "X-Forwarded-For, Host"])
        #expect(fields.first("X-Forwarded-For") == "192.0.2.1")
        #expect(fields.first("Host") == "a")
    }
}
