import Foundation
import TestSupport

/// A small file system of a test's own, in memory: it can fill up, and be made read-only, and nobody else notices.
///
/// It is mounted in a namespace that a sleeping process keeps, so that no root is needed, and that it goes with that
/// process whatever becomes of the test. The test itself reaches it through that process's root in /proc.
final class OwnDisk {
    /// Where it is for the test.
    let path: String
    /// Where it is for what `start` starts.
    let inner: String
    private let holder: RunningProgram
    private let folder: TemporaryFolder

    init(in folder: TemporaryFolder, megabytes: Int) throws {
        self.folder = folder
        inner = folder.path + "/disk"
        try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
        let script = "mount -t tmpfs -o size=\(megabytes)m own-disk \"$0\" && echo mounted && exec sleep 600"
        let unshare = try Surroundings.path(.tool("unshare"))
        holder = try RunningProgram(unshare, ["-rm", "sh", "-c", script, inner], in: folder)
        _ = try holder.firstLine()
        path = "/proc/\(holder.processIdentifier)/" + "root" + inner
    }

    /// Takes room away: a file of that size.
    func fill(megabytes: Int) throws {
        try Data(count: megabytes << 20).write(to: URL(fileURLWithPath: path + "/filler"))
    }

    /// Gives the room back.
    func free() throws { try FileManager.default.removeItem(atPath: path + "/filler") }

    /// Mounts it anew, `ro` or `rw`; the kernel refuses `ro` while a file is open for writing.
    func remount(_ mode: String) throws {
        let result = try start("mount", ["-o", "remount,bind,\(mode)", inner]).wait()
        guard result.status == 0 else { throw RunningProgram.Failure(description: result.errors) }
    }

    /// Starts a program to which the disk is mounted.
    func start(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws -> RunningProgram {
        let place = ["-t", "\(holder.processIdentifier)", "-U", "-m", "--preserve-credentials"]
        let nsenter = try Surroundings.path(.tool("nsenter"))
        return try RunningProgram(nsenter, place + [program] + arguments, in: folder, environment: environment)
    }

    /// What hinders such a disk on this machine; nil where nothing does.
    static let hindrance: String? = {
        do {
            let folder = try TemporaryFolder()
            let words = ["-rm", "mount", "-t", "tmpfs", "-o", "size=1m", "own-disk", folder.path]
            try output(of: Surroundings.path(.tool("unshare")), words, in: folder, seconds: 10)
            return nil
        } catch {
            return
                "no file system of a test's own can be mounted (\(error)); allow user namespaces, or run as root with "
                + "CAP_SYS_ADMIN"
        }
    }()
}
