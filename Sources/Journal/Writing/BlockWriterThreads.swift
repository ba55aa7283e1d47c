internal import Files
internal import Lifecycle
internal import Time

/// Make blocks of full slots and write them in order; seal segments. After an error they take no more work.
// @unchecked: `appender` is touched only by the thread whose ticket is next.
final class BlockWriterThreads: @unchecked Sendable {
    private let monitor: Monitor<WriterState>
    private let tail: WritableTail
    private let appender: SegmentAppender
    private let source: SourceName
    /// Held as long as anything is written, also where the writer has gone without closing.
    private let lock: SourceLock

    /// Both cores may compress: a seventh faster than one alone, for a twentieth more processor time a byte (measured).
    static let count = 2

    init(
        _ monitor: Monitor<WriterState>,
        _ tail: WritableTail,
        _ appender: SegmentAppender,
        _ source: SourceName,
        _ lock: SourceLock
    ) {
        self.monitor = monitor
        self.tail = tail
        self.appender = appender
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
        let note = CatalogThread.Note(facts: facts, trailer: block.trailer)
        monitor.withLock { state in
            state.unsynced.append(UnsyncedBlock(file: file, slot: slot, end: end, note: note))
            state.statistics.blockBytes += block.trailer.length
            state.statistics.storedBytes += block.storedSize
        }
        monitor.signal()
    }

    private func seal() throws {
        guard let file = appender.openFile, let facts = try appender.seal() else { return }
        let note = CatalogThread.Note(facts: facts, trailer: nil)
        // Sealing has synced the file; its blocks that still wait come before it, so that the catalog hears of them in order.
        monitor.withLock { state in
            state.unsynced.append(UnsyncedBlock(file: file, slot: nil, end: state.synced, note: note))
        }
        monitor.signal()
    }
}

/// Runs a thread's body; what it throws stops the writer.
func failing(_ what: String, _ monitor: Monitor<WriterState>, _ body: () throws -> Void) {
    do { try body() } catch {
        let failure = JournalError(error, ending: what)
        monitor.withLock { $0.fail(failure) }
        monitor.signal()
    }
}
