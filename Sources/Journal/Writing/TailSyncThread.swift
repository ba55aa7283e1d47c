internal import Files
internal import Lifecycle
internal import Time

/// Syncs what has been in the tail alone for half the interval, and ends a segment whose time has come while nothing flows.
///
/// At full speed everything is in synced blocks long before that, and the tail is never synced at all.
struct TailSyncThread: Sendable {
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
