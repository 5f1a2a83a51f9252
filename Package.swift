// swift-tools-version: 6.2
// Secure Proxy: a WSS-to-TCP bridge with a JWT gate.
//
// Dependencies point downwards only (docs/ARCHITECTURE.md). The protocol targets do no I/O; only the targets whose
// names start with "C" import C, and each C library has one owner in Swift.
import PackageDescription

// Warnings are errors in CI; on a developer's machine they stay warnings so that an experiment can run.
let continuousIntegration = Context.environment["CI"] != nil

let strict: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .strictMemorySafety(),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ] + (continuousIntegration ? [.treatAllWarnings(as: .error)] : [])

// What runs for every message. Its release build leaves out the run-time checks for overlapping accesses, a fifth of a
// message's instructions (docs/decisions/0018); debug builds, and so all tests, have them.
let hot: [SwiftSetting] =
    strict + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

func library(_ name: String, _ dependencies: [Target.Dependency], pages: [String] = [], hot isHot: Bool = false)
    -> Target
{
    .target(name: name, dependencies: dependencies, exclude: pages, swiftSettings: isHot ? hot : strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name,
        dependencies: dependencies + [.product(name: "ArgumentParser", package: "swift-argument-parser")],
        swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func systemLibrary(_ name: String, apt: String) -> Target {
    .systemLibrary(name: name, providers: [.apt([apt])])
}

let package = Package(
    name: "secure-proxy",
    products: [
        .executable(name: "secure-proxy", targets: ["secure-proxy"]),
        .executable(name: "secure-proxy-client", targets: ["secure-proxy-client"]),
        .executable(name: "secure-proxy-mock", targets: ["secure-proxy-mock"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // C: module maps and commented shims, nothing else.
        .target(name: "CLinux"),
        .target(name: "CRemoteKey"),
        .target(name: "CKeySchedule"),
        systemLibrary("COpenSSL", apt: "libssl-dev"),
        systemLibrary("CJansson", apt: "libjansson-dev"),
        systemLibrary("CAres", apt: "libc-ares-dev"),

        // Protocols: bytes in, events and bytes out, the time is an argument.
        library("Bytes", [], hot: true),
        library("JSON", ["CJansson"]),
        library("HTTP1", ["Bytes"]),
        library("WebSocket", ["Bytes", "HTTP1"], pages: ["LIFECYCLE.md"], hot: true),
        library("JOSE", ["COpenSSL", "Bytes", "JSON"]),
        library("OIDC", ["Bytes", "JSON", "HTTP1", "JOSE"]),
        library("Settings", ["JSON"]),
        library("Telemetry", ["Bytes"]),

        // The system: descriptors, TLS, the event loop.
        library("System", ["CLinux", "Bytes"]),
        library("TLS", ["CLinux", "COpenSSL", "CRemoteKey", "CKeySchedule", "Bytes"], hot: true),
        library("Reactor", ["CAres", "Bytes", "System", "TLS"], hot: true),

        // The product.
        library(
            "Bridge", ["Bytes", "HTTP1", "WebSocket", "OIDC", "Telemetry", "System", "TLS", "Reactor"],
            pages: ["LIFECYCLE.md"], hot: true),
        library(
            "Gateway", ["Bytes", "HTTP1", "JOSE", "OIDC", "Telemetry", "System", "TLS", "Reactor", "Bridge"]),
        library("Admin", ["Bytes", "JSON", "HTTP1", "Telemetry", "System", "Reactor"]),
        library(
            "Daemon",
            [
                "Bytes", "JSON", "HTTP1", "JOSE", "OIDC", "Settings", "Telemetry", "System", "TLS", "Reactor", "Bridge",
                "Gateway", "Admin", "WebSocket",
            ]),

        // Beside the product: what tests and demonstrates it.
        library("MockServers", ["COpenSSL", "Bytes", "JSON", "HTTP1", "System", "TLS", "Reactor"]),
        library("BridgeClient", ["Bytes", "JSON", "HTTP1", "WebSocket", "System", "TLS", "Reactor"]),

        // Programs: arguments in, one call, exit code out.
        program("secure-proxy", ["Daemon"]),
        program("secure-proxy-client", ["BridgeClient", "System"]),
        program("secure-proxy-mock", ["MockServers", "Reactor", "Settings", "System"]),

        // What measures it: a load generator in C, so that it costs less than what it measures (Benchmarks/README.md).
        .executableTarget(
            name: "secure-proxy-bench",
            path: "Benchmarks/LoadGenerator",
            linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto"), .linkedLibrary("m")]),

        // One test target for each library; then the layers that cross them.
        tests("BytesTests", ["Bytes"]),
        tests("JSONTests", ["JSON", "Bytes"]),
        tests("HTTP1Tests", ["HTTP1", "Bytes"]),
        tests("WebSocketTests", ["WebSocket", "HTTP1", "Bytes"]),
        tests("JOSETests", ["JOSE", "JSON", "Bytes", "COpenSSL"]),
        tests("OIDCTests", ["OIDC", "JOSE", "HTTP1", "JSON", "Bytes", "COpenSSL"]),
        tests("SettingsTests", ["Settings", "JSON", "Bytes"]),
        tests("TelemetryTests", ["Telemetry", "Bytes"]),
        tests("SystemTests", ["System", "Bytes", "CLinux"]),
        tests("TLSTests", ["TLS", "Bytes", "COpenSSL", "CLinux"]),
        tests("ReactorTests", ["Reactor", "System", "TLS", "Bytes", "CLinux"]),
        tests(
            "BridgeTests", ["Bridge", "Telemetry", "WebSocket", "HTTP1", "OIDC", "Reactor", "System", "TLS", "Bytes"]),
        tests(
            "GatewayTests",
            [
                "Gateway", "Bridge", "MockServers", "HTTP1", "JSON", "JOSE", "OIDC", "Telemetry", "Reactor", "System",
                "TLS", "Bytes",
            ]),
        tests("AdminTests", ["Admin", "Telemetry", "HTTP1", "JSON", "Reactor", "System", "Bytes"]),
        tests(
            "DaemonTests",
            [
                "Daemon", "MockServers", "Settings", "Telemetry", "JSON", "JOSE", "OIDC", "Bridge", "WebSocket",
                "HTTP1",
                "Reactor", "System", "TLS", "Bytes",
            ]),
        tests(
            "MockServersTests", ["MockServers", "JOSE", "JSON", "HTTP1", "Reactor", "System", "TLS", "Bytes"]),
        tests(
            "BridgeClientTests",
            ["BridgeClient", "WebSocket", "HTTP1", "JSON", "Reactor", "System", "TLS", "Bytes"]),

        // The whole daemon as a process: our own client and mocks, then other people's.
        .target(
            name: "TestSupport",
            dependencies: [
                "BridgeClient", "MockServers", "WebSocket", "HTTP1", "JSON", "Reactor", "System", "TLS", "Bytes",
            ],
            path: "Tests/TestSupport",
            swiftSettings: strict),
        tests(
            "ScenarioTests",
            [
                "TestSupport", "BridgeClient", "MockServers", "WebSocket", "HTTP1", "JSON", "Reactor", "System", "TLS",
                "Bytes", "secure-proxy", "secure-proxy-mock", "secure-proxy-bench",
            ]),
        .testTarget(
            name: "InteropTests",
            dependencies: [
                "TestSupport", "BridgeClient", "MockServers", "HTTP1", "JSON", "System", "Bytes", "secure-proxy",
            ],
            exclude: ["Peers"],
            swiftSettings: strict),
    ]
)
