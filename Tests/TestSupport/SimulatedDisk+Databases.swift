package import Files
import Foundation

/// Databases of a simulated disk: SQLite works on real files, and what they hold is noted whenever it has changed.
extension SimulatedDisk {
    package func isDatabase(_ path: String) -> Bool {
        path.contains(".sqlite") || path.contains("/catalog.rebuilding")
    }

    package func databasePath(_ path: String) -> String {
        "\(scratchFolder)/\(path.dropFirst().replacingOccurrences(of: "/", with: "_"))"
    }

    /// A sync of a database that SQLite has made on its own file: from now on a power cut leaves at least what it holds now.
    ///
    /// - Throws: `Errno` where this is the change that is to fail; then nothing of it counts.
    package func noteSync(of path: String) throws(Errno) {
        try willChange()
        guard !chance(faults.ignored, of: 100) else { return }
        if let contents = state.databases[path] { state.syncedDatabases[path] = contents.count - 1 }
    }

    /// Notes what the databases hold, where it has changed since the last time; called between transactions.
    package func noteDatabases() {
        for path in ["/journal/catalog.sqlite", "/journal/state.sqlite", "/index.sqlite"] where isInUse {
            let real = databasePath(path)
            let stamp = "\(SimulatedDisk.stamp(of: real)) \(SimulatedDisk.stamp(of: "\(real)-wal"))"
            guard isNew(stamp, of: path) else { continue }
            let database = DiskState.Database(
                main: FileManager.default.contents(atPath: real).map { Array($0) },
                log: FileManager.default.contents(atPath: "\(real)-wal").map { Array($0) }
            )
            guard state.databases[path]?.last != database else { continue }
            state.databases[path, default: []].append(database)
        }
    }

    /// Puts the databases of a state onto the real disk.
    package func restoreDatabases() {
        for (path, contents) in state.databases {
            guard let database = contents.last else { continue }
            let real = databasePath(path)
            if let main = database.main { _ = FileManager.default.createFile(atPath: real, contents: Data(main)) }
            if let log = database.log { _ = FileManager.default.createFile(atPath: "\(real)-wal", contents: Data(log)) }
        }
    }

    private static func stamp(of path: String) -> String {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return "-" }
        return "\(facts.st_ino) \(facts.st_size) \(facts.st_mtim.tv_sec).\(facts.st_mtim.tv_nsec)"
    }
}
