internal import Foundation
public import Testing

/// Files that are not part of the project, in the folder that REPRISE_SHARED names, or else beside the checkout.
public enum SharedData: String, Sendable {
    /// Real posts as the stream sends them.
    case stream = "data/stream-real.ndjson"
    /// X's own description of its API.
    case openAPI = "xapi/openapi.json"

    /// Where the file is, or would be.
    public var path: String { Self.folder + "/" + rawValue }

    /// Whether it is there.
    public var isPresent: Bool { FileManager.default.isReadableFile(atPath: path) }

    /// What to do where it is absent.
    public var whereToGetIt: String {
        "\(path) is not there; set REPRISE_SHARED to the folder that holds \(rawValue)"
    }

    static var folder: String {
        let checkout = URL(fileURLWithPath: #filePath).pathComponents.dropLast(3).joined(separator: "/").dropFirst()
        return ProcessInfo.processInfo.environment["REPRISE_SHARED"] ?? "\(checkout)/../shared"
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips a test where a file is absent, and says so; with REPRISE_TEST_REQUIRE=all the test runs, and fails.
    public static func needs(_ file: SharedData) -> Self {
        let isRequired = ProcessInfo.processInfo.environment["REPRISE_TEST_REQUIRE"] == "all"
        return .enabled(
            if: isRequired || file.isPresent,
            Comment(rawValue: file.whereToGetIt)
        )
    }
}
