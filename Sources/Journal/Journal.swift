internal import Files
public import Time

/// A journal's folder, opened for reading: which sources it has, how far each has come, and where a time stands.
///
/// Nothing is changed, so a journal on a read-only file system, or without its catalog, opens too.
public struct Journal: Sendable {
    /// The journal's folder.
    public let directory: String
    let disk: any Disk
    private let geometry: TailGeometry

    /// Opens a journal.
    ///
    /// - Throws: `JournalError`: `notFound` where there is no such folder, `io` where it may not be read, `unsupported` where
    ///   a newer Reprise made its catalog or its checkpoints.
    public init(directory: String) throws { try self.init(directory: directory, disk: SystemDisk()) }

    init(directory: String, disk: any Disk, geometry: TailGeometry = .standard) throws {
        guard disk.exists(directory) else {
            // One that may not be looked into is none of those that are not there.
            _ = try disk.sortedNames(in: directory)
            throw JournalError(
                .notFound,
                "there is no journal at \(directory); record one first, or name another with --journal"
            )
        }
        if let kind = (try? disk.status(of: directory))?.kind, kind != .folder {
            throw JournalError(.notFound, "\(directory) is a file, and a journal is a folder; name it with --journal")
        }
        try Journal.checkDatabases(in: directory, disk)
        self.directory = directory
        self.disk = disk
        self.geometry = geometry
    }

    func folder(of source: SourceName) -> SourceFolder {
        SourceFolder(journal: directory, source: source, disk: disk, geometry: geometry)
    }

    /// The sources, sorted by name.
    public func sources() throws -> [SourceName] {
        try disk.sortedNames(in: directory).compactMap { name in
            guard let source = SourceName(rawValue: name) else { return nil }
            let folder = self.folder(of: source)
            // A copy may hold sealed segments alone.
            if try folder.openTail() != nil || SegmentSearch(folder: folder).newestName() != nil { return source }
            // Or segments that have lost their names.
            guard (try? disk.status(of: folder.path))?.kind == .folder else { return nil }
            return try SegmentList(folder).strays().isEmpty ? nil : source
        }
    }

    /// A source in numbers.
    ///
    /// - Throws: `JournalError`: `io`.
    public func summary(of source: SourceName) throws -> SourceSummary {
        try SourceSummary(journal: self, source: source)
    }

    /// The offset behind the last committed byte that is known; 0 for a source that does not exist.
    public func endOffset(of source: SourceName) throws -> ByteOffset {
        try endOffset(of: source, looksBehindDamage: true)
    }

    /// - Parameter looksBehindDamage: whether the whole tail is looked through.
    func endOffset(of source: SourceName, looksBehindDamage: Bool) throws -> ByteOffset {
        let folder = self.folder(of: source)
        let search = SegmentSearch(folder: folder)
        let terms = try terms(of: source, search, isBounded: looksBehindDamage)
        let end = try RunReader(folder, at: search.newest(), terms).skipToEnd()
        guard terms.isDisordered else { return end }
        return try max(end, SourceInventory(folder, paths: SegmentList(folder).paths()).endOffset)
    }

    /// Whether nothing at a source's newest end says that more was there.
    func endIsWhole(of source: SourceName) throws -> Bool {
        let folder = self.folder(of: source)
        let search = SegmentSearch(folder: folder)
        let terms = try terms(of: source, search)
        guard !terms.isDisordered else { return false }
        return try RunReader(folder, at: search.newest(), terms).endsWhole()
    }

    /// What is known of a source before it is read.
    private func terms(of source: SourceName, _ search: SegmentSearch, isBounded: Bool = true) throws -> RunReader.Terms
    {
        var terms = RunReader.Terms(isBounded: isBounded)
        let found = search.newestName()
        let known = disk.exists(Catalog.path(journal: directory)) ? Catalog.newest(in: self, source: source) : nil
        terms.newest = [found, known].compactMap { $0 }.max()
        terms.isNewestKnown = known != nil && known == found
        guard isBounded else { return terms }
        terms.isDisordered = try !search.isEndInOrder()
        // Of what has no file any more the catalog may know how far it went.
        if let known, known > found ?? SegmentID(rawValue: 0) {
            terms.knownEnd = Catalog.end(of: known, in: self, source: source) ?? .zero
            terms.isDisordered = true
        }
        return terms
    }

    /// How many records arrived at a time or later and are committed, fragments and keep-alives left out.
    ///
    /// Blocks are counted by what their trailers say; only the block that holds the time, and what is in no block yet, is read.
    /// A record whose beginning is lost behind damage counts too: X has billed it.
    ///
    /// - Throws: `JournalError`: `io`, `corrupt`.
    public func recordCount(of source: SourceName, since time: Timestamp) throws -> Int {
        try RecordCount(journal: self, source: source, since: time).total()
    }

    /// The offset of the first record that arrived at a time or later, or the end where none has.
    ///
    /// - Throws: `JournalError`: `io`, `corrupt`.
    public func offset(of time: Timestamp, in source: SourceName) throws -> ByteOffset {
        let reader = try RecordReader(journal: self, source: source, from: .time(time), to: .now)
        while let batch = try reader.nextBatch() {
            if let mark = batch.records.first { return mark.offset }
        }
        return try endOffset(of: source)
    }

    /// A reader of runs that begins at or before the place where a range starts.
    func runs(of source: SourceName, from start: ReadStart, isBounded: Bool = true) throws -> RunReader {
        let folder = self.folder(of: source)
        let search = SegmentSearch(folder: folder)
        let terms = try terms(of: source, search, isBounded: isBounded)
        // Where no block is found to begin with, all of them are gone through.
        return try runs(folder, search, from: start, terms) ?? RunReader(folder, at: nil, terms)
    }

    /// nil where the numbers lead to no block that begins at or before the place.
    private func runs(
        _ folder: SourceFolder,
        _ search: SegmentSearch,
        from start: ReadStart,
        _ terms: RunReader.Terms
    ) throws -> RunReader? {
        let segment: SegmentID?
        switch start {
        case .beginning: return nil
        case .offset(let offset): segment = try search.last { $0.firstOffset < offset }
        case .time(let time): segment = try search.lineStart(before: search.last { $0.nextArrival <= time }?.previous)
        }
        guard let segment else { return nil }
        let runs = try RunReader(folder, at: segment, terms)
        // The block that ends at the offset is read too: events at that offset may be in it, and its last byte tells
        // whether a line begins there.
        switch start {
        case .beginning: return nil
        case .offset(let offset):
            try runs.skip { $0.endOffset < offset }
            return try runs.begins { $0.firstOffset <= offset } ? runs : nil
        case .time(let time):
            try runs.skip(beforeArrival: time)
            return try runs.begins { $0.firstOffset == .zero || $0.earliest <= time && $0.firstOffset > .zero }
                ? runs : nil
        }
    }
}
