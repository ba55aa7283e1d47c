internal import Lifecycle

/// Keeps the catalog up to date on a thread of its own, behind what is synced: SQLite never holds up the recorder.
///
/// The catalog only repeats what the segments say. Where it is locked, damaged or on a full disk, notes are dropped and it lags; it
/// catches up when the next segment is sealed, or at the next start.
// @unchecked: `catalog` is touched only by the thread in `run`, or by whoever calls `perform` in its place.
final class CatalogThread: @unchecked Sendable {
    /// What a synced block or a sealed segment says.
    struct Note: Sendable {
        let facts: SegmentFacts
        /// The block; nil where the segment was sealed.
        let trailer: BlockTrailer?
    }

    private struct State {
        var notes: [Note] = []
        /// Notes were dropped: only a sealed segment makes them good.
        var isBehind = false
        var isFinished = false
    }

    /// More notes than this wait only where the catalog is stuck.
    static let noteLimit = 64

    private let queue = Monitor(State())
    private let writer: Monitor<WriterState>
    private let folder: SourceFolder
    private let open: @Sendable () throws -> Catalog?
    private var catalog: Catalog?

    /// - Parameters:
    ///   - catalog: open and caught up; nil where that failed, or where there is none.
    ///   - open: opens it again where it is missing.
    init(
        _ writer: Monitor<WriterState>,
        _ catalog: Catalog?,
        _ folder: SourceFolder,
        open: @escaping @Sendable () throws -> Catalog?
    ) {
        self.writer = writer
        self.catalog = catalog
        self.folder = folder
        self.open = open
        if catalog == nil { queue.withLock { $0.isBehind = true } }
    }

    /// Hands a note over; never waits.
    func add(_ note: Note) {
        queue.withLock { state in
            if state.notes.count == CatalogThread.noteLimit {
                state.notes = []
                state.isBehind = true
            }
            state.notes.append(note)
        }
        queue.signal()
    }

    /// Nothing more will be added.
    func finish() {
        queue.withLock { $0.isFinished = true }
        queue.signal()
    }

    /// Works until everything that was added is in the catalog, or dropped.
    func run() {
        while let note = next() { perform(note) }
    }

    /// Does what waits, in place of the thread.
    func performAll() {
        while let note = queue.withLock({ $0.notes.isEmpty ? nil : $0.notes.removeFirst() }) { perform(note) }
    }

    private func next() -> Note? {
        queue.untilReady { state -> Note?? in
            if !state.notes.isEmpty { return .some(state.notes.removeFirst()) }
            return state.isFinished ? .some(nil) : nil
        }
    }

    private func perform(_ note: Note) {
        let (isBehind, isFinished) = queue.withLock { ($0.isBehind, $0.isFinished) }
        // What is open may hold blocks that are not synced, so only what is sealed is read again.
        if isBehind, note.trailer != nil || isFinished { return }
        do {
            catalog = try catalog ?? open()
            guard let catalog else { return }
            if isBehind { try catalog.catchUp(folder, sealedOnly: true) }
            if let trailer = note.trailer {
                try catalog.add(trailer, to: note.facts, of: folder.source)
            } else {
                try catalog.save(note.facts, of: folder.source)
            }
            queue.withLock { $0.isBehind = false }
            writer.withLock { $0.statistics.catalogFailure = nil }
        } catch {
            queue.withLock { $0.isBehind = true }
            writer.withLock { $0.statistics.catalogFailure = "\(error)" }
        }
    }
}
