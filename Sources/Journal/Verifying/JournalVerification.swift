internal import Files
internal import Compression
internal import Lifecycle
internal import Numbers

/// Reads a whole journal and says what is wrong with it; changes nothing, and may run beside a recorder.
public struct JournalVerification: Sendable {
    /// What is wrong, source by source, in order; no more than `findingLimit`.
    public private(set) var findings: [JournalFinding] = []
    /// Findings that are not in the list.
    public private(set) var findingsLeftOut = 0
    /// Segments read.
    public private(set) var segments = 0
    /// Whole blocks read.
    public private(set) var blocks = 0
    /// Records that end in them.
    public private(set) var records = 0
    /// Bytes of the sources in them.
    public private(set) var bytes = 0
    /// Entries of the tails that are in no block yet.
    public private(set) var tailEntries = 0
    /// Bytes of the sources in them.
    public private(set) var tailBytes = 0
    /// Bytes read from the disk.
    public private(set) var storedBytes = 0

    /// A journal that is damaged from end to end gives no more findings than this.
    public static let findingLimit = 10_000

    /// How far a verification has come, in stored bytes.
    public struct Progress: Sendable {
        /// Bytes read so far.
        public let done: Int
        /// Bytes of all files, as they were at the start.
        public let total: Int
    }

    /// Reads every block of every segment, checks it against its checksum and its trailer, and joins it with what is before it.
    ///
    /// Time: the time it takes to decompress everything, divided among the jobs. Memory: 10 MiB a job, and a few words a block of
    /// the segments that are being read.
    ///
    /// - Parameters:
    ///   - sources: nil for all.
    ///   - jobs: segments that are read at the same time.
    ///   - progress: called after each segment, from this thread.
    /// - Throws: `JournalError`: `io`; `unsupported` where a newer Reprise wrote it.
    public init(
        of journal: Journal,
        sources: [SourceName]? = nil,
        jobs: Int = 1,
        progress: (Progress) -> Void = { _ in }
    ) throws {
        try Journal.checkDatabases(in: journal.directory, journal.disk)
        let lists = try (sources ?? journal.sources()).map { source in
            let folder = journal.folder(of: source)
            try folder.checkVersion()
            return (folder, try SegmentList(folder))
        }
        let total = try lists.reduce(0) { try $0.saturatingAdd(JournalVerification.size(of: $1.1, in: $1.0)) }
        for (folder, list) in lists {
            try verify(folder, list, journal, jobs: jobs) { progress(Progress(done: $0, total: total)) }
        }
    }

    private mutating func verify(
        _ folder: SourceFolder,
        _ list: SegmentList,
        _ journal: Journal,
        jobs: Int,
        progress: (Int) -> Void
    ) throws {
        var catalog: CatalogCheck?
        do { catalog = try CatalogCheck(journal: journal.directory, source: folder.source, disk: journal.disk) } catch {
            add([
                JournalFinding(
                    code: .catalogDamaged,
                    source: folder.source,
                    file: "catalog.sqlite",
                    byte: nil,
                    offset: nil,
                    message: "the catalog cannot be read: \(error)"
                )
            ])
        }
        var source = SourceCheck(folder, catalog: catalog)
        let reading = try SegmentReading(folder, list.all, jobs: jobs)
        defer { reading.stop() }
        while let (id, check) = try reading.next() {
            guard let check else {
                source.addMissing(id)
                continue
            }
            try source.add(check, isNewest: id == list.newest)
            segments += 1
            storedBytes = storedBytes.saturatingAdd(check.facts.storedBytes)
            progress(storedBytes)
        }
        try source.checkTail(of: list)
        try source.checkStrays(of: list)
        if let catalog { source.add(try catalog.checkNewest(list.newest)) }
        blocks += source.blocks
        records += source.records
        bytes += source.bytes
        tailEntries += source.tailEntries
        tailBytes += source.tailBytes
        add(source.findings)
    }

    private mutating func add(_ more: [JournalFinding]) {
        let room = max(0, JournalVerification.findingLimit - findings.count)
        findings += more.prefix(room)
        findingsLeftOut += max(0, more.count - room)
    }

    private static func size(of list: SegmentList, in folder: SourceFolder) throws -> Int {
        try list.all.reduce(0) { sum, segment in
            guard let isSealed = segment.isSealed else { return sum }
            let path = isSealed ? folder.sealed(segment.id) : folder.open(segment.id)
            return try sum.saturatingAdd(folder.disk.fileIfPresent(path)?.size() ?? 0)
        }
    }
}
