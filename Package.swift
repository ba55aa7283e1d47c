// swift-tools-version: 6.2
import PackageDescription

// The table of rooms in docs/ARCHITECTURE.md, from the foundation up: a target imports only targets listed before it.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

func library(_ name: String, link: String, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/CLibraries/\(name)", pkgConfig: link, providers: [.apt([apt])])
}

func basics(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/Basics/\(name)", swiftSettings: strict)
}

func room(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        path: "Sources/\(name)",
        resources: resources,
        swiftSettings: strict
    )
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: dependencies + ["TestSupport"],
        path: "Tests/\(name)Tests",
        exclude: exclude,
        swiftSettings: strict
    )
}

let package = Package(
    name: "reprise",
    products: [.executable(name: "reprise", targets: ["reprise"])],
    targets: [
        library("CCurl", link: "libcurl", apt: "libcurl4-openssl-dev"),
        library("CCrypto", link: "libcrypto", apt: "libssl-dev"),
        library("CMicroHTTPD", link: "libmicrohttpd", apt: "libmicrohttpd-dev"),
        library("CSQLite", link: "sqlite3", apt: "libsqlite3-dev"),
        library("CXXHash", link: "libxxhash", apt: "libxxhash-dev"),
        library("CYAML", link: "yaml-0.1", apt: "libyaml-dev"),
        library("CZlib", link: "zlib", apt: "zlib1g-dev"),
        library("CZstd", link: "libzstd", apt: "libzstd-dev"),
        .target(
            name: "CSimdJSON",
            path: "Sources/CLibraries/CSimdJSON",
            cxxSettings: [.unsafeFlags(["-O3"])],
            linkerSettings: [.linkedLibrary("simdjson")]
        ),

        basics("Numbers"),
        basics("Time", ["Numbers"]),
        basics("Failures"),
        basics("Files", ["Failures"]),
        basics("Text"),
        basics("Encoding"),
        basics("Logging", ["Time", "Text"]),
        basics("JSON", ["CSimdJSON"]),
        basics("YAML", ["CYAML"]),
        basics("Compression", ["CZlib", "CZstd"]),
        basics("Hashing", ["CCrypto", "CXXHash"]),
        basics("SQLite", ["CSQLite", "Failures", "Files"]),
        basics("Lifecycle", ["Time", "Failures", "Logging"]),
        basics("Terminal", ["Numbers", "Time", "Text", "Lifecycle"]),
        basics("Options", ["YAML", "Time"]),
        basics("HTTPClient", ["CCurl", "Failures", "Time", "Encoding"]),
        basics("HTTPServer", ["CMicroHTTPD"]),

        room("Journal", ["Numbers", "Time", "Failures", "Files", "Compression", "Hashing", "SQLite", "Lifecycle"]),
        room("XAPI", ["Numbers", "Time", "Failures", "JSON", "YAML", "Lifecycle", "HTTPClient"]),
        room("Transform", ["Time", "JSON", "Hashing"]),
        room("Lambda", ["Time", "Encoding", "JSON", "Transform"]),
        room("Index", ["Numbers", "Time", "Failures", "SQLite", "Transform"]),
        room("AWS", ["Numbers", "Time", "Failures", "Encoding", "JSON", "Hashing", "HTTPClient"]),
        room(
            "Sinks",
            [
                "Numbers", "Time", "Failures", "Files", "Text", "Encoding", "JSON", "Compression", "Hashing",
                "Lifecycle",
                "HTTPClient", "Transform", "Index", "AWS",
            ]
        ),
        room(
            "Recorder",
            ["Time", "Failures", "Files", "Logging", "Lifecycle", "Terminal", "HTTPClient", "Journal", "XAPI"]
        ),
        room("Replayer", ["Time", "Failures", "Logging", "Lifecycle", "Journal", "Transform", "Sinks"]),
        room(
            "Feeds",
            ["Time", "Failures", "Logging", "Lifecycle", "Journal", "Transform", "AWS", "Sinks", "Replayer"]
        ),
        room(
            "Refresher",
            [
                "Numbers", "Time", "Failures", "Logging", "JSON", "SQLite", "Lifecycle", "HTTPClient", "Journal",
                "XAPI",
                "Transform", "Sinks", "Recorder", "Replayer",
            ]
        ),
        room(
            "Dashboard",
            ["Numbers", "Time", "Logging", "Lifecycle", "HTTPServer", "Index"],
            resources: [.embedInCode("Assets")]
        ),
        room("Simulator", ["Time", "Logging", "JSON", "YAML", "Lifecycle", "HTTPServer"]),
        .executableTarget(
            name: "reprise",
            dependencies: [
                "Time", "Failures", "Files", "Text", "Logging", "JSON", "Lifecycle", "Terminal", "Options",
                "HTTPClient",
                "HTTPServer",
                "Journal",
                "XAPI", "Transform", "Lambda", "Index", "AWS", "Sinks", "Recorder", "Replayer", "Feeds", "Refresher",
                "Dashboard",
                "Simulator",
            ],
            path: "Sources/reprise",
            swiftSettings: strict
        ),

        // What tests share; never linked into the command.
        .target(
            name: "TestSupport",
            dependencies: ["SQLite", "Time", "Files", "Compression", "HTTPClient", "Journal"],
            path: "Tests/TestSupport",
            swiftSettings: strict
        ),
        // A recorder that crash tests kill: it counts what libcurl handed over in a shared page.
        .executableTarget(
            name: "crash-recorder",
            dependencies: ["Time", "Logging", "Lifecycle", "HTTPClient", "Journal", "XAPI", "Recorder"],
            path: "Tests/CrashRecorder",
            swiftSettings: strict
        ),
        tests(
            "Basics",
            [
                "Numbers", "Time", "Failures", "Files", "Text", "Encoding", "Logging", "JSON", "YAML", "Compression",
                "Hashing",
                "SQLite",
                "Lifecycle", "Terminal",
                "Options", "HTTPClient", "HTTPServer",
            ]
        ),
        tests("Journal", ["Files", "Lifecycle", "Time", "Compression", "Hashing", "SQLite", "Journal"]),
        tests("XAPI", ["Time", "Failures", "XAPI", "HTTPClient"]),
        tests(
            "Recorder",
            ["Time", "Failures", "Logging", "Lifecycle", "HTTPClient", "Journal", "XAPI", "Recorder", "Simulator"]
        ),
        tests("Transform", ["Time", "JSON", "Transform"]),
        tests("Lambda", ["Time", "Lambda"], exclude: ["Peers"]),
        tests("Index", ["Time", "SQLite", "Transform", "Index"]),
        tests(
            "Sinks",
            [
                "Time", "Failures", "Files", "JSON", "Compression", "Lifecycle", "HTTPClient", "Journal", "Transform",
                "AWS", "Sinks", "Replayer",
            ]
        ),
        tests(
            "Replayer",
            [
                "SQLite", "Time", "Failures", "Files", "Lifecycle", "Logging", "HTTPClient", "Journal", "Transform",
                "Index", "AWS", "Sinks", "Replayer",
            ]
        ),
        tests("Feeds", ["Time", "Failures", "Logging", "Lifecycle", "Journal", "Replayer", "Sinks", "Feeds"]),
        tests(
            "Refresher",
            [
                "Time", "Failures", "Files", "JSON", "SQLite", "Lifecycle", "Logging", "HTTPClient", "Journal", "XAPI",
                "Transform", "Index", "Sinks", "Recorder", "Replayer", "Refresher", "Simulator",
            ]
        ),
        tests("AWS", ["Time", "Failures", "Hashing", "HTTPClient", "AWS"], exclude: ["Peers"]),
        tests("Search", ["Time", "Failures", "JSON", "SQLite", "Lifecycle", "HTTPClient", "Transform", "Sinks"]),
        tests("Simulator", ["Time", "Logging", "Lifecycle", "HTTPClient", "Simulator"]),
        tests(
            "Dashboard",
            ["Time", "Logging", "Lifecycle", "HTTPClient", "HTTPServer", "SQLite", "Transform", "Index", "Dashboard"]
        ),
        tests("EndToEnd", ["Time", "SQLite", "Hashing", "Journal", "Simulator"], exclude: ["Peers"]),
        tests("Tidy", []),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
