internal import Files
internal import Glibc
internal import Time

/// The segment that blocks are appended to; one thread's.
///
/// Order of writes: a new file and its name are synced before its first real block is believed; a block is synced before
/// its tail slot is used again; sealing syncs the table, renames, and syncs the folder.
struct SegmentWriter {
    let id: SegmentID
    private let folder: SourceFolder
    let file: FileHandle
    private(set) var table = SeekTable()
    private(set) var facts: SegmentFacts
    /// Events that hold for what comes next: the connection that is open and the rules.
    private(set) var inForce: EventsInForce

    var storedSize: Int { facts.storedBytes }

    /// Creates the file with its opening block.
    ///
    /// - Throws: `corrupt` where the number was given to a segment already, `io`.
    static func create(
        _ id: SegmentID,
        in folder: SourceFolder,
        state: SourceState,
        inForce: EventsInForce,
        builder: BlockBuilder
    ) throws -> SegmentWriter {
        // Sealing renames, and would put this segment in the other one's place.
        guard !folder.disk.exists(folder.sealed(id)) else {
            throw JournalError(
                .corrupt,
                "\(folder.sealed(id)) is there already, and is not where the source goes on; ask 'reprise journal verify'"
            )
        }
        let file = try folder.disk.file(folder.open(id), O_RDWR | O_CREAT | O_TRUNC)
        var writer = SegmentWriter(id: id, folder: folder, file: file, inForce: inForce)
        let opening = try builder.opening(state: state, inForce: inForce.events)
        try writer.append(opening)
        try file.sync()
        try folder.disk.syncFolder(folder.path)
        return writer
    }

    /// Goes on with an open segment that recovery has read.
    init(resuming found: RecoveredSegment, in folder: SourceFolder) {
        id = found.id
        self.folder = folder
        file = found.file
        table = found.table
        facts = found.facts
        inForce = found.inForce
    }

    private init(id: SegmentID, folder: SourceFolder, file: FileHandle, inForce: EventsInForce) {
        self.id = id
        self.folder = folder
        self.file = file
        self.inForce = inForce
        facts = SegmentFacts(id: id)
    }

    /// Ends the file with its seek table and gives it its final name; both are durable on return.
    mutating func seal() throws {
        let stored = table.encode()
        try stored.withUnsafeBytes { try file.write($0, at: facts.storedBytes) }
        facts.storedBytes += stored.count
        try file.sync()
        try folder.disk.renameDurably(folder.open(id), to: folder.sealed(id))
        facts.isSealed = true
    }

    /// Appends a block; it is durable when the file has been synced.
    mutating func append(_ block: BlockBuilder.Block) throws {
        do {
            try block.trailerFrame.withUnsafeBytes { try file.write(block.frame, $0, at: facts.storedBytes) }
        } catch {
            // What was written of it is cut off again, so that the file stays a row of whole blocks.
            try? file.truncate(to: facts.storedBytes)
            throw error
        }
        table.add(frame: block.frame.count, block.trailer.length, trailer: block.trailerFrame.count)
        facts.add(block.trailer, storedSize: block.storedSize)
        inForce.add(block.trailer.events)
    }
}

/// What the catalog says of a segment; all of it from trailers.
struct SegmentFacts: Equatable, Sendable {
    let id: SegmentID
    var isSealed = false
    var firstOffset = ByteOffset.zero
    var endOffset = ByteOffset.zero
    var recordCount = 0
    /// Bytes of the file as far as it was read or written.
    var storedBytes = 0
    var blockCount = 0
    var firstArrival: Timestamp?
    var lastArrival: Timestamp?

    init(id: SegmentID) { self.id = id }

    mutating func add(_ trailer: BlockTrailer, storedSize: Int) {
        if blockCount == 0 { firstOffset = trailer.firstOffset }
        endOffset = trailer.endOffset
        recordCount += trailer.recordCount
        storedBytes += storedSize
        blockCount += 1
        if firstArrival == nil { firstArrival = trailer.arrivals.first?.time }
        if let last = trailer.arrivals.last?.time { lastArrival = last }
    }
}

/// The events that still hold at a place: the connection that is open, if one is, and the newest rules.
struct EventsInForce: Equatable, Sendable {
    private(set) var connection: JournalEvent?
    private(set) var rules: JournalEvent?

    /// In order of time.
    var events: [JournalEvent] {
        [connection, rules].compactMap { $0 }.sorted { $0.time < $1.time }
    }

    mutating func add(_ events: [JournalEvent]) {
        for event in events {
            switch event.kind {
            case EventKind.opened: connection = event
            case EventKind.closed: connection = nil
            case EventKind.rules: rules = event
            default: break
            }
        }
    }
}
