import Testing

@testable import Bridge

@Suite struct RouteNamesTests {
    @Test func anIPv6AddressStandsInBrackets() {
        #expect(RouteNames.authority("backend.example", 80) == "backend.example:80")
        #expect(RouteNames.authority("::1", 5900) == "[::1]:5900")
    }

    @Test(
        arguments: [
            (Duration.milliseconds(12), 12), (.microseconds(1_999), 1), (.seconds(-3), 0),
            (.seconds(Int64.max / 10), .max), (.zero, 0),
        ] as [(Duration, UInt32)])
    func millisecondsFitIntoTheirField(duration: Duration, expected: UInt32) {
        #expect(duration.milliseconds == expected)
    }
}
