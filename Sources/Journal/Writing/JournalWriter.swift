internal import Files
internal import Glibc
internal import Lifecycle
internal import SQLite
public import Time

/// Writes one source: every delivery is committed to the tail when `append` returns, whatever kills the process next.
///
/// Order of writes (docs/ARCHITECTURE.md): a delivery goes into the tail by one `pwritev`; a full slot becomes a block of the
/// open segment; the slot is used again only after that block's `fdatasync`. So a committed byte is always in the tail or in a
/// synced block. A thread of its own syncs the tail every `syncInterval`: a power cut loses at most what came since.
///
/// All methods may be called from any thread; deliveries keep the order of the calls.
public final class JournalWriter: Sendable {
    let monitor: Monitor<WriterState>
    let folder: SourceFolder
    let configuration: JournalWriterConfiguration
    let clock: WallClock
    let tail: WritableTail
    let blocks: BlockWriterThreads
    let blockSyncs: BlockSyncThread
    let tailSyncs: TailSyncThread
    let catalogNotes: CatalogThread
    private let lock: SourceLock
    private let workers: [WorkerThread]

    /// Takes the source's lock, brings what a kill left behind into order, and starts writing behind it.
    ///
    /// Costs one read of the open segment; not more with more sealed segments.
    ///
    /// - Parameters:
    ///   - directory: the journal's folder; it is made where there is none.
    ///   - source: the stream of bytes to write.
    ///   - clock: gives arrivals their time.
    /// - Throws: `JournalError`: `locked` with the holder's process id, `clockBehind` where the clock is more than 5 s behind
    ///   the last arrival, `io`, `corrupt`, `unsupported`.
    public convenience init(
        directory: String,
        source: SourceName,
        configuration: JournalWriterConfiguration = .init(),
        clock: WallClock = .system
    ) throws {
        try Journal.checkDatabases(in: directory, SystemDisk())
        try self.init(
            SourceFolder(journal: directory, source: source),
            catalog: { try Catalog(journal: directory, disk: SystemDisk()) },
            configuration: configuration,
            clock: clock,
            startsThreads: true
        )
    }

    /// Opens a writer on any disk.
    ///
    /// - Parameters:
    ///   - catalog: opens the catalog, when the lock is held; nil where there is none.
    ///   - startsThreads: if not, somebody else does their work, piece by piece.
    init(
        _ folder: SourceFolder,
        catalog openCatalog: @escaping @Sendable () throws -> Catalog?,
        configuration: JournalWriterConfiguration,
        clock: WallClock,
        startsThreads: Bool
    ) throws {
        try folder.disk.createFolder(folder.path)
        try folder.disk.checkIsLocal(folder.path)
        lock = try SourceLock(folder)
        try folder.checkVersion()
        var (catalog, catalogFailure): (Catalog?, String?) = (nil, nil)
        var last: SegmentID?
        // The catalog is a convenience: where it is locked, its disk is full or something else has its name, recording starts without it.
        do {
            catalog = try openCatalog()
            last = try catalog?.newestSegment(of: folder.source)
        } catch {
            if (error as? SQLiteError)?.isNewerSchema == true { throw error }
            (catalog, catalogFailure) = (nil, "\(error)")
        }
        let recovered = try RecoveredJournal(folder, last: last)
        let appender = recovered.appender
        tail = recovered.tail
        do { try catalog?.catchUp(folder) } catch {
            (catalog, catalogFailure) = (nil, "\(error)")
        }
        let now = clock.now
        guard now >= appender.state.nextArrival - .seconds(5) || configuration.acceptsClock else {
            throw JournalError(
                .clockBehind,
                "the clock says \(now.rfc3339), but \(folder.source) has an arrival at "
                    + "\(appender.state.nextArrival.rfc3339). If the clock is wrong now, set it right and start again. If it was "
                    + "ahead when that was recorded, "
                    // What lookups cost is counted by the day, so their times are not moved.
                    + (folder.source == .filtered
                        ? "start once with --accept-clock (record and run): recording then continues from the later time, with "
                            + "an event that says so"
                        : "nothing is asked until then: what a day may cost is counted by these times")
            )
        }
        self.folder = folder
        self.configuration = configuration
        self.clock = clock
        var state = WriterState(
            folder.geometry,
            recovered: appender.state,
            openSegment: appender.openSegment,
            now: now,
            recoveredBytes: recovered.recoveredBytes
        )
        state.blockThreads = BlockWriterThreads.count
        state.statistics.repairs = recovered.steps
        state.statistics.notes = recovered.notes
        state.statistics.warnings = recovered.warnings
        state.statistics.catalogFailure = catalogFailure
        let monitor = Monitor(state)
        self.monitor = monitor
        let blocks = BlockWriterThreads(monitor, tail, appender, folder.source, lock)
        let syncs = TailSyncThread(monitor: monitor, tail: tail, configuration: configuration, clock: clock)
        let catalogNotes = CatalogThread(monitor, catalog, folder, open: openCatalog)
        let blockSyncs = BlockSyncThread(monitor: monitor, catalog: catalogNotes)
        self.catalogNotes = catalogNotes
        self.blocks = blocks
        self.blockSyncs = blockSyncs
        tailSyncs = syncs
        guard startsThreads else {
            workers = []
            return
        }
        var workers = [
            try WorkerThread(name: "block sync") { blockSyncs.run() },
            try WorkerThread(name: "tail sync") { syncs.run() },
            try WorkerThread(name: "catalog") { catalogNotes.run() },
        ]
        for _ in 0..<BlockWriterThreads.count { workers.append(try WorkerThread(name: "blocks") { blocks.run() }) }
        self.workers = workers
    }

    /// Without `close` the threads end too, and what was committed is recovered at the next start.
    deinit {
        monitor.withLock { $0.isClosed = true }
        monitor.signal()
    }

    /// Appends one delivery; its bytes survive a kill of the process when the call returns, and a power cut after the next sync.
    ///
    /// Waits while the whole tail is full of bytes that are not yet in synced blocks: the network is then faster than the disk.
    ///
    /// - Throws: `JournalError`; after `io` the writer takes nothing more, and what was committed before stays.
    public func append(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while rest.count > 0 {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(JournalWriter.deliveryByteLimit))
            try appendPiece(piece)
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
        }
    }

    /// Appends an event behind the bytes so far; durable as a delivery is.
    ///
    /// - Parameters:
    ///   - kind: one word, `opened` for example.
    ///   - fields: the other members of its JSON, in this order; no secrets.
    /// - Throws: `JournalError`; `invalid` where the JSON is longer than `JournalEvent.byteLimit`.
    public func append(event kind: String, fields: [(String, EventValue)]) throws {
        try appendEvent(EventValue.event(kind: kind, fields: fields))
    }

    /// Makes everything appended so far durable: it survives a power cut when the call returns, fdatasync(2).
    ///
    /// - Throws: `JournalError`; a sync that failed is never tried again.
    public func sync() throws {
        let end = try monitor.withLock { state in
            // The kernel tells of a failed write once; a second sync would seem to succeed.
            if let failure = state.failure { throw failure }
            return state.position
        }
        do {
            try tail.file.syncData()
        } catch {
            let failure = JournalError(error, ending: "syncing the tail")
            monitor.withLock { $0.fail(failure) }
            monitor.signal()
            throw failure
        }
        monitor.withLock { $0.synced = max($0.synced, end) }
    }

    /// Turns the tail into blocks, seals the open segment, stops the threads and gives the lock back; all is durable on return.
    ///
    /// - Throws: `JournalError` where any of it, or anything before it, failed. Closing twice does nothing.
    public func close() throws {
        guard beginClosing() else { return }
        // A disk may take its time, and nothing is given up before it has answered.
        for worker in workers { while !worker.join(for: .seconds(60)) {} }
        try endClosing()
    }

    /// Hands everything to the threads for the last time; false where that was done before.
    func beginClosing() -> Bool {
        let isFirst = monitor.withLock { state in
            defer { state.isClosed = true }
            if !state.isClosed && state.failure == nil { state.finishSlot(sealing: true) }
            return !state.isClosed
        }
        monitor.signal()
        return isFirst
    }

    /// Gives the lock back when the threads have ended.
    func endClosing() throws {
        try lock.release()
        if let failure = monitor.withLock({ $0.failure }) { throw failure }
    }

    /// The offset that the next byte gets.
    public var endOffset: ByteOffset { monitor.withLock { $0.position.offset } }

    /// Every byte before this one survives a power cut.
    public var syncedOffset: ByteOffset { monitor.withLock { $0.synced.offset } }

    /// What this writer has done so far.
    public var statistics: JournalStatistics { monitor.withLock { $0.statistics } }

    /// The error that stopped the writer, if one has.
    public var failure: JournalError? { monitor.withLock { $0.failure } }

    /// A longer delivery becomes several entries; libcurl hands over 16 KiB at most.
    static let deliveryByteLimit = 256 << 10
}
