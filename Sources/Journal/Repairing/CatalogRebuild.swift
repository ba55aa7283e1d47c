internal import Files
internal import Glibc
internal import SQLite

extension Journal {
    /// Makes the catalog anew from the segments alone, equal to the one it replaces; durable on return.
    ///
    /// Reads every segment's trailers, nothing else. The old catalog stands until the new one is whole.
    ///
    /// - Parameter progress: called after each source with how many there are in all.
    /// - Returns: segments read.
    /// - Throws: `JournalError`: `locked` while a recorder runs, `unsupported` where a newer Reprise wrote the catalog, `io`.
    public func rebuildCatalog(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws -> Int {
        let path = Catalog.path(journal: directory)
        try Journal.checkDatabases(in: directory, disk)
        if let status = try? disk.status(of: path), status.kind != .regular {
            throw JournalError(.io, "\(path) is not a regular file, so no catalog can stand there; move it away")
        }
        let sources = try self.sources()
        for source in sources { try folder(of: source).checkVersion() }
        for folder in sources.map(folder) {
            // The catalog would vouch for the newest name that is left, and nobody would look for the other any more.
            guard try StraySegment.reach(behind: endOffset(ofBlocksIn: folder), in: folder) else { continue }
            throw JournalError(
                .corrupt,
                "\(folder.path): a file that bears no segment's name goes on behind the newest segment; run 'reprise journal "
                    + "repair' first, which gives it its number"
            )
        }
        let locks = try sources.map { try SourceLock(folder(of: $0)) }
        let new = "\(directory)/catalog.rebuilding"
        for file in [new, "\(new)-wal", "\(new)-shm"] { try disk.removeIfPresent(file) }
        var segments = 0
        do {
            let catalog = try Catalog(path: new, disk: disk)
            for (index, source) in sources.enumerated() {
                try catalog.catchUp(folder(of: source))
                segments += try catalog.segmentCount(of: source)
                progress(index + 1, sources.count)
            }
            try catalog.finish()
        }
        try disk.file(new).sync()
        // Without its log the old catalog is only older, so a kill between these leaves one that can be read.
        for file in ["\(path)-wal", "\(path)-shm"] { try disk.removeIfPresent(file) }
        try disk.renameDurably(new, to: path)
        for lock in locks { try lock.release() }
        return segments
    }
}

extension Journal {
    /// Where the newest segment that has a name ends.
    private func endOffset(ofBlocksIn folder: SourceFolder) throws -> ByteOffset {
        guard let newest = SegmentSearch(folder: folder).newestName() else { return .zero }
        let isSealed = folder.disk.exists(folder.sealed(newest))
        return try SegmentTrailers(folder, newest, isSealed: isSealed).facts.endOffset
    }
}
