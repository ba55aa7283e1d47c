internal import Foundation

/// A folder of a test's own; it goes with the object.
public final class TemporaryFolder: Sendable {
    /// Its absolute path.
    public let path: String

    /// Makes a folder with a name of its own under the system's temporary folder.
    ///
    /// - Parameter isInMemory: where the system has a file system in memory, it is made there: nothing in it waits for a disk.
    public init(isInMemory: Bool = false) throws {
        let shared = URL(fileURLWithPath: "/dev/shm")
        let isPossible = isInMemory && FileManager.default.isWritableFile(atPath: shared.path)
        let parent = isPossible ? shared : FileManager.default.temporaryDirectory
        path = parent.appendingPathComponent("reprise-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch {
            FileHandle.standardError.write(Data("a test's folder stays behind: \(error)\n".utf8))
        }
    }
}
