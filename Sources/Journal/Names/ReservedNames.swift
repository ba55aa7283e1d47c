extension Journal {
    /// Whether what stands at a path below a journal's folder is, or may become, the journal's own: a source's folder, the catalog,
    /// the checkpoints, the refresher's schedule.
    ///
    /// - Parameter path: the names below the journal's folder, `["filtered", "tail"]` for example.
    public static func reserves(_ path: [String]) -> Bool {
        guard let first = path.first else { return true }
        // Any folder of such a name is taken for a source, now or at the next start.
        if SourceName(rawValue: first) != nil { return true }
        return databases.contains { first == $0 || first.hasPrefix("\($0)-") }
    }

    /// SQLite's own files beside them have their names with `-wal`, `-shm` or `-journal` behind.
    private static let databases = ["catalog.sqlite", "catalog.rebuilding", "state.sqlite", "posts.sqlite"]
}
