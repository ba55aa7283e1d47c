internal import Lifecycle
internal import Time

/// Make blocks of full slots and write them in order; seal segments. After an error they take no more work.
// @unchecked: `appender` and `catalog` are touched only by the thread whose ticket is next.
final class BlockThreads: @unchecked Sendable {
    private let monitor: Monitor<WriterState>
    private let tail: WritableTail
    private let appender: SegmentAppender
    private let catalog: Catalog?
    private let source: SourceName
    /// Held as long as anything is written, also where the writer has gone without closing.
    private let lock: SourceLock

    /// Both cores may compress: a seventh faster than one alone, for a twentieth more processor time a byte (measured).
    static let count = 2

    init(
        _ monitor: Monitor<WriterState>,
        _ tail: WritableTail,
        _ appender: SegmentAppender,
        _ catalog: Catalog?,
        _ source: SourceName,
        _ lock: SourceLock
    ) {
        self.monitor = monitor
        self.tail = tail
        self.appender = appender
        self.catalog = catalog
        self.source = source
        self.lock = lock
    }

    /// One thread's part: works until the writer is closed and everything handed over is done, or something fails.
    func run() {
        defer {
            monitor.withLock { $0.blockThreads -= 1 }
            monitor.signal()
        }
        failing("writing a block", monitor) {
            let builder = try makeBuilder()
            while let (work, ticket) = nextWork() { try perform(work, ticket, builder) }
        }
    }

    /// Makes what one thread needs for its own.
    func makeBuilder() throws -> BlockBuilder { try BlockBuilder(source: source, tail.geometry) }

    /// Does one piece of work.
    func perform(_ work: WriterState.Work, _ ticket: Int, _ builder: BlockBuilder) throws {
        switch work {
        case .slot(let slot, let content):
            let block = try builder.build(content)
            monitor.withLock { $0.giveBack(content) }
            monitor.signal()
            try inTurn(ticket) { try append(block, slot) }
        case .seal: try inTurn(ticket) { try seal() }
        }
    }

    private func nextWork() -> (work: WriterState.Work, ticket: Int)? {
        monitor.untilReady { state in
            if state.failure != nil { return .some(nil) }
            if let taken = state.takeWork() { return taken }
            return state.isClosed ? .some(nil) : nil
        }
    }

    /// Runs a body when all work with lower tickets is done; not at all where something failed meanwhile.
    private func inTurn(_ ticket: Int, _ body: () throws -> Void) throws {
        let isNext = monitor.untilReady { state -> Bool? in
            if state.failure != nil { return false }
            return state.ticketsDone == ticket ? true : nil
        }
        guard isNext else { return }
        try body()
        monitor.withLock { $0.ticketsDone += 1 }
        monitor.signal()
    }

    private func append(_ block: BlockBuilder.Block, _ slot: Int) throws {
        try appender.append(block)
        guard let file = appender.openFile, let facts = appender.openSegment else { return }
        let end = WriterPosition(sequence: block.trailer.lastSequence, offset: block.trailer.endOffset)
        monitor.withLock { state in
            state.unsynced.append(UnsyncedBlock(file: file, slot: slot, end: end))
            state.statistics.blockBytes += block.trailer.length
            state.statistics.storedBytes += block.storedSize
        }
        note { try catalog?.add(block.trailer, to: facts, of: source) }
    }

    private func seal() throws {
        if let facts = try appender.seal() { note { try catalog?.save(facts, of: source) } }
    }

    /// The catalog only repeats what the segments say, so its failure stops nothing: it is told, and made good at the next start.
    private func note(_ change: () throws -> Void) {
        do { try change() } catch {
            monitor.withLock { $0.statistics.catalogFailure = "\(error)" }
        }
    }
}

/// Syncs blocks while the next ones are compressed, and sets their slots free.
struct BlockSyncThread: Sendable {
    let monitor: Monitor<WriterState>

    /// Works until the block threads have ended and all its blocks are synced, or a sync fails.
    func run() {
        failing("syncing a block", monitor) {
            while let blocks = nextBlocks() { try perform(blocks) }
        }
    }

    /// Syncs the oldest blocks and sets their slots free.
    func perform(_ blocks: [UnsyncedBlock]) throws {
        for (index, block) in blocks.enumerated() {
            // One sync for all blocks of a file.
            let isLast = index + 1 == blocks.count || blocks[index + 1].file !== block.file
            if isLast { try block.file.syncData() }
        }
        monitor.withLock { state in
            state.unsynced.removeFirst(blocks.count)
            for block in blocks {
                state.freeSlots.append(block.slot)
                state.synced = max(state.synced, block.end)
            }
        }
        monitor.signal()
    }

    private func nextBlocks() -> [UnsyncedBlock]? {
        monitor.untilReady { state in
            guard state.unsynced.isEmpty else { return state.unsynced }
            return state.blockThreads == 0 || state.failure != nil ? .some(nil) : nil
        }
    }
}

/// Syncs what has been in the tail alone for half the interval, and ends a segment whose time has come while nothing flows.
///
/// At full speed everything is in synced blocks long before that, and the tail is never synced at all.
struct SyncThread: Sendable {
    let monitor: Monitor<WriterState>
    let tail: WritableTail
    let configuration: JournalWriterConfiguration
    let clock: WallClock

    /// Works until the writer is closed or a sync fails.
    func run() {
        // Entries up to here were there at the last look, so they are at least half an interval old at this one.
        var seen = WriterPosition(sequence: 0, offset: .zero)
        failing("syncing the tail", monitor) {
            while let (position, synced) = nextLook() {
                if synced < seen { try perform(upTo: position) }
                seen = position
            }
        }
    }

    /// Makes durable what had been committed when the writer stood at a position.
    func perform(upTo position: WriterPosition) throws {
        try tail.file.syncData()
        monitor.withLock { $0.synced = max($0.synced, position) }
    }

    /// Waits for half the interval; returns how far the writer and its syncs have come, or nil at the end.
    private func nextLook() -> (position: WriterPosition, synced: WriterPosition)? {
        let waited = Stopwatch()
        let pause = configuration.syncInterval / 2
        return monitor.untilReady(longestWait: pause - waited.elapsed) { state in
            if state.isClosed || state.failure != nil { return .some(nil) }
            // Woken for other reasons too: only the time that has passed counts.
            guard waited.elapsed >= pause else { return nil }
            if state.line.unfinished == 0, state.isCutDue(adding: 0, now: clock.now, configuration) {
                state.finishSlot(sealing: true)
                monitor.signal()
            }
            return (state.position, state.synced)
        }
    }
}

/// Runs a thread's body; what it throws stops the writer.
private func failing(_ what: String, _ monitor: Monitor<WriterState>, _ body: () throws -> Void) {
    do { try body() } catch {
        let failure = error as? JournalError ?? JournalError(.failed, what, cause: error)
        monitor.withLock { $0.fail(failure) }
        monitor.signal()
    }
}
