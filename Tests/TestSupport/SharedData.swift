internal import Foundation

/// Real posts that are not part of the project: found through REPRISE_SHARED, or beside the checkout.
public enum SharedData {
    /// The folder, or nil where there is none.
    public static var folder: String? {
        let named = ProcessInfo.processInfo.environment["REPRISE_SHARED"]
        let beside = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared").path
        return [named, beside].compactMap { $0 }.first { FileManager.default.fileExists(atPath: $0 + "/data") }
    }

    /// Real posts as the stream sends them, or nil where they are not there.
    public static var stream: String? { folder.map { $0 + "/data/stream-real.ndjson" } }

    /// What a skipped test says.
    public static let missing =
        "the real posts are not here: set REPRISE_SHARED to the folder that has data/stream-real.ndjson"
}
