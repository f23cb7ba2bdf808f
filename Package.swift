// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours compiles under these: a warning is an error, and each unsafe expression
/// says so.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
    .strictMemorySafety(),
]

/// A module and the modules it may import: the table of docs/architecture.md, which TidyTests
/// compares.
func module(
    _ name: String, _ imports: [Target.Dependency] = [], resources: [Resource] = []
) -> Target {
    .target(name: name, dependencies: imports, resources: resources, swiftSettings: strict)
}

/// The operators' page, part by part: it goes into the binary, which stays one file.
let page: [Resource] = [
    "page.html", "page.css", "tables.css", "narrow.css", "texts.js", "elements.js", "table.js",
    "tables.js", "history.js", "changes.js", "feed.js", "page.js",
].map { .embedInCode("Page/\($0)") }

func tests(_ name: String, _ imports: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: imports, exclude: excludedFolders[name] ?? [],
        swiftSettings: strict)
}

/// Data that tests read from the source tree instead of a bundle.
let excludedFolders: [String: [String]] = [
    "Apus": ["Golden"], "Config": ["Golden"], "EndToEnd": ["Apps", "Browser/Pages", "Smuggling"],
    "Gateway": ["Golden"], "Telemetry": ["Golden"], "Tidy": ["Ratchets"],
]

let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "apus",
    products: [.executable(name: "apus", targets: ["apus"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CVersion"),
        module("Bytes"),
        module("Linux", ["Bytes", "CLinux"]),
        module("HTTP", ["Bytes"]),
        module("Crypto", ["Bytes", "COpenSSL"]),
        module("TLS", ["Bytes", "Linux", "Crypto", "COpenSSL"]),
        module("Redis", ["Bytes", "CHiredis"]),
        module("Policy", ["Bytes", "HTTP", "Crypto"]),
        module("Telemetry", ["Bytes", "Crypto"]),
        module("Config", ["Bytes", "HTTP", "Policy", yams]),
        module("Reactor", ["Bytes", "Linux"]),
        module(
            "Gateway",
            [
                "Bytes", "Linux", "HTTP", "Crypto", "TLS", "Redis", "Policy", "Telemetry", "Config",
                "Reactor",
            ],
            resources: page),
        module("Simulation", ["Bytes", "Linux", "TLS", "Policy", "Reactor", "Gateway"]),
        .executableTarget(
            name: "apus",
            dependencies: ["CVersion", "Linux", "Telemetry", "Config", "Gateway", arguments],
            swiftSettings: strict),
        .target(name: "Dice", path: "Tests/Dice", swiftSettings: strict),
        tests("Bytes", ["Dice", "Bytes"]),
        tests("Linux", ["Bytes", "Linux"]),
        tests("HTTP", ["Dice", "Bytes", "HTTP"]),
        tests("Crypto", ["Bytes", "Crypto"]),
        tests("TLS", ["Dice", "Bytes", "Linux", "Crypto", "TLS"]),
        tests("Redis", ["Dice", "Bytes", "Crypto", "Policy", "Redis", "Simulation"]),
        tests("Policy", ["Dice", "Bytes", "HTTP", "Crypto", "Policy"]),
        tests("Telemetry", ["Dice", "Bytes", "Crypto", "Telemetry"]),
        tests("Config", ["Bytes", "HTTP", "Policy", "Config"]),
        tests("Reactor", ["Dice", "Bytes", "Linux", "Reactor"]),
        tests(
            "Gateway",
            [
                "Bytes", "Linux", "HTTP", "Crypto", "Policy", "Telemetry", "Config", "Reactor",
                "Gateway", "Simulation",
            ]),
        tests("Operating", ["Telemetry", yams]),
        tests("EndToEnd", ["Dice"]),
        tests("Apus", ["apus"]),
        tests("Tidy"),
    ]
)
