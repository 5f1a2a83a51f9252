import HTTP1
import Testing

@testable import Admin

struct HostGuardTests {
    private func admits(_ host: String?, target: String = "/") -> Bool {
        HostGuard(names: ["Proxy.Internal", "status.example."]).admits(
            RequestHead(method: "GET", target: target, fields: host.map { ["Host": $0] } ?? [:]))
    }

    @Test(arguments: [
        "127.0.0.1", "127.0.0.1:11090", "10.1.2.3", "[::1]", "[::1]:11090", "[2001:db8::1]:80", "localhost",
        "LocalHost:8080", "localhost.", "proxy.internal", "PROXY.internal.:11090", "status.example",
    ])
    func namesThatNoStrangerOwns(_ host: String) { #expect(admits(host)) }

    @Test(arguments: [
        "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.1.nip.io", "xlocalhost",
        "localhost..", "proxy.internal.evil.example", "1.2.3", "0x7f000001", "2130706433", "[v1.x]", "%31.0.0.1",
        "internal", "a.localhost",
    ])
    func otherNames(_ host: String) { #expect(!admits(host)) }

    @Test func theTargetGoesBeforeTheField() {
        #expect(!admits("localhost", target: "http://evil.example/status"))
        #expect(admits("evil.example", target: "http://localhost/status"))
    }

    @Test func withoutAName() { #expect(admits(nil)) }
}
