internal import SQLite

/// What a batch changes the counts by, collected so that each count is written once a batch.
struct CountChanges {
    private struct Slot {
        let category: [UInt8]
        var total = 0
        var minutes: [Int64: Int] = [:]
        /// The minute of the last change and what it adds, kept out of the dictionary: posts arrive minute by minute.
        var minute: Int64?
        var count = 0

        mutating func fold() {
            if let minute { minutes[minute, default: 0] += count }
            count = 0
        }
    }

    private var slots: [Slot] = []
    private(set) var newest = Int64.min

    /// Counts a post in (`+1`) or out (`-1`).
    ///
    /// - Parameters:
    ///   - change: what to add.
    ///   - category: its category in UTF-8; empty for none.
    ///   - timestamp: its time in milliseconds; a post without one counts in the totals only.
    mutating func add(_ change: Int, category: UnsafeRawBufferPointer, timestamp: Int64?) {
        // A handful of categories: a walk along them is quicker than hashing.
        let index =
            slots.firstIndex { $0.category.elementsEqual(category) }
            ?? {
                slots.append(Slot(category: Array(category)))
                return slots.count - 1
            }()
        slots[index].total += change
        guard let timestamp else { return }
        let minute = timestamp >= 0 ? timestamp / 60_000 : -((-timestamp + 59_999) / 60_000)
        if slots[index].minute != minute {
            slots[index].fold()
            slots[index].minute = minute
        }
        slots[index].count += change
    }

    /// Notes when counts were observed.
    mutating func see(_ observedAt: Int64) {
        newest = max(newest, observedAt)
    }

    /// Hands over every category with its change, and its minutes with theirs; what came out even is left out.
    mutating func drain(
        total: (_ category: String, _ change: Int) throws -> Void,
        minute: (_ minute: Int64, _ category: String, _ change: Int) throws -> Void
    ) rethrows {
        for index in slots.indices {
            slots[index].fold()
            slots[index].minute = nil
            let category = String(decoding: slots[index].category, as: UTF8.self)
            if slots[index].total != 0 { try total(category, slots[index].total) }
            for (time, change) in slots[index].minutes where change != 0 { try minute(time, category, change) }
        }
        slots.removeAll()
    }
}

/// Keeps the tables of counts.
final class Counters {
    private let moreInAll: Statement
    private let fewerInAll: Statement
    private let noneInAll: Statement
    private let moreAMinute: Statement
    private let fewerAMinute: Statement
    private let noneAMinute: Statement
    private let newest: Statement

    init(_ connection: Connection) throws {
        moreInAll = try connection.prepare(
            "INSERT INTO totals VALUES (?1, ?2) ON CONFLICT DO UPDATE SET count = count + excluded.count"
        )
        moreAMinute = try connection.prepare(
            "INSERT INTO minutes VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET count = count + excluded.count"
        )
        // What is taken out was counted in before, so its row is there.
        fewerInAll = try connection.prepare("UPDATE totals SET count = count + ?2 WHERE category = ?1")
        fewerAMinute = try connection.prepare(
            "UPDATE minutes SET count = count + ?3 WHERE minute = ?1 AND category = ?2"
        )
        // A count of nothing leaves no row, or the order of delivery would show.
        noneInAll = try connection.prepare("DELETE FROM totals WHERE category = ?1 AND count = 0")
        noneAMinute = try connection.prepare("DELETE FROM minutes WHERE minute = ?1 AND category = ?2 AND count = 0")
        newest = try connection.prepare(
            "INSERT INTO newest VALUES (1, ?) "
                + "ON CONFLICT DO UPDATE SET observed_at = max(observed_at, excluded.observed_at)"
        )
    }

    /// Writes the changes of a batch; inside its transaction.
    func apply(_ changes: CountChanges) throws {
        var changes = changes
        if changes.newest > .min {
            try newest.bind(changes.newest, at: 0)
            try newest.run()
        }
        try changes.drain(
            total: { category, change in
                try run(change > 0 ? moreInAll : fewerInAll, category, change)
                if change < 0 { try run(noneInAll, category, nil) }
            },
            minute: { minute, category, change in
                try run(change > 0 ? moreAMinute : fewerAMinute, minute, category, change)
                if change < 0 { try run(noneAMinute, minute, category, nil) }
            }
        )
    }

    private func run(_ statement: Statement, _ category: String, _ change: Int?) throws(SQLiteError) {
        try statement.bind(category, at: 0)
        if let change { try statement.bind(Int64(change), at: 1) }
        try statement.run()
    }

    private func run(_ statement: Statement, _ minute: Int64, _ category: String, _ change: Int?) throws(SQLiteError) {
        try statement.bind(minute, at: 0)
        try statement.bind(category, at: 1)
        if let change { try statement.bind(Int64(change), at: 2) }
        try statement.run()
    }
}
