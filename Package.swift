// swift-tools-version: 6.2
import PackageDescription

// Targets stand bottom-up: a target may depend only on targets above it, so this manifest is the architecture diagram.
// docs/ARCHITECTURE.md draws it and says why.

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.target(name: name)] + dependencies, resources: resources,
        swiftSettings: settings)
}

let package = Package(
    name: "sala",
    products: [
        .executable(name: "sala", targets: ["Sala"]),
        .executable(name: "sala-loadtest", targets: ["LoadTest"]),
        .executable(name: "sala-benchmarks", targets: ["Benchmarks"]),
        .executable(name: "sala-fuzz", targets: ["Fuzz"]),
    ],
    targets: [
        // C libraries: module maps and shim headers, no logic.
        .target(name: "CLinux"),
        .target(name: "CPages", exclude: ["chat", "gold", "oa", "pay", "ride", "shared", "track"]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libssl libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg62-turbo-dev"])]),
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .systemLibrary(name: "CQREncode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"])]),
        .systemLibrary(name: "CZBar", pkgConfig: "zbar", providers: [.apt(["libzbar-dev"])]),
        // Where the error jumps of libjpeg and libpng end.
        .target(name: "CImageDecoders", dependencies: ["CJPEG", "CPNG"]),

        // No I/O, no clock.
        library("Primitives"),
        library("JSON", ["Primitives"]),
        library("HTTP1", ["Primitives"]),
        library("WebSocket", ["Primitives", "CZlib"]),
        library("ServerSentEvents", ["Primitives"]),
        library("Proxies"),
        library("Multipart", ["Primitives"]),
        library("EMVCo"),
        library("SlipQR", ["EMVCo"]),
        library("PromptPay", ["EMVCo", "Primitives"]),
        library("QRPictures", ["Primitives", "CPNG", "CQREncode"]),
        library("SlipPictures", ["QRPictures"]),
        library("WireProtocol", ["Primitives", "JSON"]),
        library("Domain", ["Primitives", "JSON"]),
        library("Ports", ["Primitives", "JSON", "Domain"]),

        // Bytes and time.
        library("Reactor", ["Primitives", "CLinux"]),
        library("SlipImages", ["SlipQR", "Reactor", "Primitives", "CImageDecoders", "CZBar"]),
        library("TLS", ["Reactor", "Primitives", "COpenSSL"]),
        library("Telemetry", ["Primitives", "JSON"]),
        library("Authentication", ["Primitives", "JSON", "WireProtocol", "Domain", "COpenSSL"]),
        library("Transport", ["Reactor", "TLS", "HTTP1", "WebSocket", "Proxies", "Telemetry", "Primitives"]),
        library("HTTPClient", ["Reactor", "CCurl", "Telemetry", "Primitives"]),
        library("PublicFiles", ["Ports", "HTTPClient", "Proxies", "Reactor", "Primitives"]),
        library(
            "PostgresStore",
            ["Authentication", "Ports", "Domain", "Reactor", "CPostgres", "CLinux", "Telemetry", "JSON", "Primitives"],
            resources: [.embedInCode("Migrations")]),
        library(
            "LanguageModels",
            ["Ports", "Domain", "HTTPClient", "ServerSentEvents", "Reactor", "Telemetry", "JSON", "Primitives"]),
        library("SlipProviders", ["HTTPClient", "Multipart", "JSON", "Primitives"]),
        library("LINEMessaging", ["Authentication", "HTTPClient", "JSON", "Primitives"]),
        library("PaymentGateways", ["Authentication", "HTTPClient", "JSON", "Primitives"]),
        library(
            "LineAccounts",
            [
                "Ports", "Domain", "LINEMessaging", "SlipProviders", "Multipart", "HTTPClient", "Reactor", "JSON",
                "Primitives",
            ]),
        library("GoldPrices", ["Ports", "Domain", "HTTPClient", "Reactor", "JSON", "Primitives"]),

        library(
            "PushMessaging", ["Authentication", "Ports", "Domain", "HTTPClient", "Reactor", "JSON", "Primitives"]),
        library(
            "Payments",
            ["Ports", "Domain", "PaymentGateways", "SlipQR", "HTTPClient", "Reactor", "Primitives"]),

        // Actors, and what connects them to the outside.
        library("Sessions", ["Domain", "Ports", "Reactor", "WireProtocol", "Telemetry", "JSON", "Primitives"]),
        library(
            "Gateway",
            [
                "Transport", "Sessions", "WireProtocol", "Authentication", "Ports", "Domain", "HTTP1", "WebSocket",
                "ServerSentEvents", "LINEMessaging", "SlipProviders", "PaymentGateways", "PromptPay", "QRPictures",
                "Multipart", "Reactor", "Telemetry", "JSON", "Primitives", "CPages", "CZlib",
            ]),
        library(
            "Standins",
            [
                "Transport", "HTTPClient", "LINEMessaging", "Authentication", "Multipart", "SlipQR", "EMVCo",
                "SlipPictures",
                "SlipImages", "HTTP1", "Reactor", "JSON", "Primitives",
            ]),
        .executableTarget(
            name: "Sala",
            dependencies: [
                "Gateway", "Sessions", "Standins", "Authentication", "PostgresStore", "LanguageModels", "LineAccounts",
                "Payments", "GoldPrices", "PushMessaging",
                "SlipImages", "SlipQR", "PublicFiles", "HTTPClient", "PaymentGateways", "PromptPay",
                "Transport", "TLS", "Reactor", "Telemetry", "Ports", "Domain", "WireProtocol", "JSON", "Primitives",
                "HTTP1", "Proxies", "CLinux",
            ],
            swiftSettings: settings),

        // Tools.
        .target(
            name: "LoadHarness",
            dependencies: [
                "TLS", "Authentication", "Domain", "Reactor", "HTTP1", "WebSocket", "JSON", "Primitives", "CLinux",
            ],
            path: "loadtest/Sources/Harness", swiftSettings: settings),
        .executableTarget(
            name: "LoadTest", dependencies: ["LoadHarness"],
            path: "loadtest/Sources/Command", swiftSettings: settings),

        // Tests.
        .target(
            name: "TestSupport",
            dependencies: ["Primitives", "JSON", "Domain", "Ports", "Reactor", "PostgresStore", "TLS", "COpenSSL"],
            path: "Tests/TestSupport", swiftSettings: settings),
        // Takes the place of malloc, so nothing but the benchmarks has it.
        .target(name: "CAllocationCounter", path: "Benchmarks/CAllocationCounter"),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "CAllocationCounter", "TestSupport", "Gateway", "Transport", "Authentication", "HTTP1", "WebSocket",
                "JSON", "Domain", "Ports", "PostgresStore", "Sessions", "SlipImages", "Reactor", "Telemetry",
                "WireProtocol", "Primitives",
            ],
            path: "Benchmarks/Sources", swiftSettings: settings),
        // What fuzzing holds to be true; searched by `sala-fuzz` (scripts/fuzz.sh), held against the corpus by a test.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "TestSupport", "LanguageModels", "LineAccounts", "LINEMessaging", "PaymentGateways", "SlipProviders",
                "GoldPrices",
                "HTTPClient", "Authentication", "Ports", "Domain", "WireProtocol", "ServerSentEvents", "WebSocket",
                "HTTP1", "Multipart", "SlipImages", "SlipQR", "PromptPay", "EMVCo", "JSON", "Primitives",
            ],
            path: "Tests/FuzzTargets", swiftSettings: settings),
        .executableTarget(
            name: "Fuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzz", swiftSettings: settings),
        .testTarget(
            name: "FuzzCorpusTests", dependencies: ["FuzzTargets", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "LoadHarnessTests", dependencies: ["LoadHarness", "TestSupport", "Reactor", "JSON", "Primitives"],
            swiftSettings: settings),
        .testTarget(name: "TidyTests", swiftSettings: settings),
        tests("Primitives", ["TestSupport"]),
        tests("JSON", ["TestSupport"]),
        tests("HTTP1", ["TestSupport", "JSON", "Primitives"]),
        tests("WebSocket", ["TestSupport", "JSON", "Primitives"]),
        tests("ServerSentEvents", ["TestSupport", "JSON"]),
        tests("Proxies", ["TestSupport", "JSON"]),
        tests("EMVCo", ["TestSupport"]),
        tests("SlipQR", ["EMVCo", "TestSupport"]),
        tests("PromptPay", ["EMVCo", "TestSupport", "Primitives"]),
        tests("QRPictures", ["SlipImages"]),
        tests("SlipPictures", ["CPNG"]),
        tests("Multipart", ["TestSupport", "JSON", "Primitives"]),
        tests("WireProtocol", ["TestSupport", "JSON"]),
        tests("Domain", ["TestSupport", "JSON", "Primitives"]),
        tests("Reactor", ["TestSupport", "Primitives"]),
        tests(
            "SlipImages", ["SlipPictures", "SlipQR", "TestSupport", "Reactor", "JSON", "Primitives", "CJPEG", "CPNG"]),
        tests("TLS", ["TestSupport", "Reactor", "Primitives", "COpenSSL"]),
        tests(
            "Transport",
            ["TestSupport", "TLS", "Reactor", "HTTP1", "WebSocket", "Proxies", "Primitives", "COpenSSL"]),
        tests("Telemetry", ["JSON", "Primitives"]),
        tests("Authentication", ["TestSupport", "JSON", "WireProtocol", "Domain", "Primitives"]),
        tests("HTTPClient", ["TestSupport", "Reactor", "Primitives"]),
        tests("PublicFiles", ["TestSupport", "Ports", "HTTPClient", "Reactor", "Primitives"]),
        tests(
            "PostgresStore",
            ["TestSupport", "Authentication", "Ports", "Domain", "Reactor", "CPostgres", "JSON", "Primitives"]),
        tests("LanguageModels", ["TestSupport", "HTTPClient", "Ports", "Domain", "Reactor", "JSON", "Primitives"]),
        tests("SlipProviders", ["TestSupport", "HTTPClient", "Multipart", "JSON", "Primitives"]),
        tests("LINEMessaging", ["TestSupport", "HTTPClient", "JSON", "Primitives"]),
        tests("PushMessaging", ["Authentication", "Ports", "Domain", "HTTPClient", "JSON", "Primitives"]),
        tests("PaymentGateways", ["TestSupport", "Authentication", "HTTPClient", "JSON", "Primitives"]),
        tests(
            "LineAccounts",
            [
                "TestSupport", "LINEMessaging", "SlipProviders", "HTTPClient", "Ports", "Domain", "Reactor", "JSON",
                "Primitives",
            ]),
        tests("GoldPrices", ["TestSupport", "HTTPClient", "Ports", "Domain", "Reactor", "JSON", "Primitives"]),
        tests("Standins", ["LINEMessaging", "HTTP1", "SlipQR", "Reactor", "JSON", "Primitives"]),
        tests("Sessions", ["TestSupport", "Domain", "Ports", "Reactor", "WireProtocol", "JSON", "Primitives"]),
        tests(
            "Gateway",
            [
                "TestSupport", "Sessions", "Authentication", "Transport", "HTTP1", "WebSocket", "JSON", "Primitives",
                "WireProtocol", "Domain", "Ports", "Reactor", "LINEMessaging", "CZlib", "PaymentGateways",
            ]),
    ]
)
