internal import Files
internal import Lifecycle

/// Syncs blocks while the next ones are compressed, and sets their slots free.
struct BlockSyncThread: Sendable {
    let monitor: Monitor<WriterState>
    let catalog: CatalogThread

    /// Works until the block threads have ended and all its blocks are synced, or a sync fails.
    func run() {
        failing("syncing a block", monitor) {
            while let blocks = nextBlocks() { try perform(blocks) }
        }
        catalog.finish()
    }

    /// Syncs the oldest blocks, sets their slots free, and hands them to the catalog: it knows of nothing that is not synced.
    func perform(_ blocks: [UnsyncedBlock]) throws {
        for (index, block) in blocks.enumerated() {
            // One sync for all blocks of a file.
            let isLast = index + 1 == blocks.count || blocks[index + 1].file !== block.file
            if isLast { try block.file.syncData() }
        }
        monitor.withLock { state in
            state.unsynced.removeFirst(blocks.count)
            for block in blocks {
                if let slot = block.slot { state.freeSlots.append(slot) }
                state.synced = max(state.synced, block.end)
            }
        }
        monitor.signal()
        for block in blocks { catalog.add(block.note) }
    }

    private func nextBlocks() -> [UnsyncedBlock]? {
        monitor.untilReady { state in
            guard state.unsynced.isEmpty else { return state.unsynced }
            return state.blockThreads == 0 || state.failure != nil ? .some(nil) : nil
        }
    }
}
