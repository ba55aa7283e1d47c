internal import CSQLite
internal import Glibc

extension Connection {
    /// Milliseconds from one try to the next, as SQLite's own handler has them, but never so long that a stop is heard late.
    private static let pauses = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50]

    /// Has SQLite ask this connection whether to try again where another holds a lock: sqlite3_busy_handler (sqlite.org/c3ref).
    func waitForLocks() {
        // Unretained: the handle that keeps the pointer is closed by this object's deinit.
        sqlite3_busy_handler(
            handle,
            { context, tries in
                guard let context else { return 0 }
                return Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue().waits(after: Int(tries)) ? 1 : 0
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
    }

    private func waits(after tries: Int) -> Bool {
        let pauses = Connection.pauses
        let waited = pauses.prefix(tries).reduce(0, +) + max(0, tries - pauses.count) * 50
        guard .milliseconds(waited) < longestWait, !isStopped() else { return false }
        usleep(UInt32(pauses[min(tries, pauses.count - 1)]) * 1_000)
        return true
    }
}
