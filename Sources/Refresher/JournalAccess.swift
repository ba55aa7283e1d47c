internal import Journal
internal import Time

/// How a refresher reaches its journal; the tests put a disk of their own behind it.
struct JournalAccess {
    /// The journal's folder.
    let directory: String
    /// Opens the journal for reading.
    let open: () throws -> Journal
    /// Takes one of its sources.
    let writer: (SourceName, WallClock) throws -> JournalWriter
}

extension JournalAccess {
    /// Reaches a journal on the machine's own file systems.
    init(_ directory: String) {
        self.init(
            directory: directory,
            open: { try Journal(directory: directory) },
            writer: { try JournalWriter(directory: directory, source: $0, clock: $1) }
        )
    }
}
