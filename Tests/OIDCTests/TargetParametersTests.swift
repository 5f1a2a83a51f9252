import Testing

@testable import OIDC

@Suite("TargetParameters: names and values as they stand")
struct TargetParametersTests {
    @Test(
        "split at & and ;",
        arguments: [
            ("/", []), ("/?", [":"]), ("/?a", ["a:"]), ("/?a=", ["a:"]), ("/?a=b", ["a:b"]), ("/?a=b=c", ["a:b=c"]),
            ("/?a=1&b=2", ["a:1", "b:2"]), ("/?a=1;b", ["a:1", "b:"]), ("/?a&", ["a:", ":"]),
            ("/?&&", [":", ":", ":"]),
            ("/?=v", [":v"]), ("/p?a=?x", ["a:?x"]), ("http://h/p?a=1", ["a:1"]), ("/?é=ü", ["é:ü"]),
        ] as [(String, [String])])
    func split(target: String, expected: [String]) {
        #expect(TargetParameters(target: target).map { "\(Substring($0.name)):\(Substring($0.value))" } == expected)
    }
}
