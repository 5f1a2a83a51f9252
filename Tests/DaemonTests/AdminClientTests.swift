import Settings
import System
import Testing

@testable import Daemon

@Suite struct AdminClientTests {
    @Test(arguments: [
        ("127.0.0.1", ["127.0.0.1:80"]), ("10.1.2.3", ["10.1.2.3:80"]), ("::1", ["[::1]:80"]),
        ("0.0.0.0", ["127.0.0.1:80"]), ("::", ["127.0.0.1:80", "[::1]:80"]), ("*", ["127.0.0.1:80", "[::1]:80"]),
        ("0:0::0", ["127.0.0.1:80", "[::1]:80"]),
    ])
    func whereToConnect(_ address: String, _ places: [String]) throws {
        let address = try #require(BindAddress(address))
        #expect(AdminClient.reachable(address, port: 80).map(\.description) == places)
    }
}
