internal import Foundation

/// A folder of a test's own; it goes with the object.
public final class TemporaryFolder: Sendable {
    /// Its absolute path.
    public let path: String

    /// Makes a folder with a name of its own under the system's temporary folder.
    public init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("reprise-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch {
            FileHandle.standardError.write(Data("a test's folder stays behind: \(error)\n".utf8))
        }
    }
}
