internal import SQLite

/// Keeps the tables of counts.
final class Counters {
    private let totals: CountTable
    private let minutes: CountTable
    private let observed: CountTable
    private let newest: Statement

    init(_ connection: Connection) throws {
        totals = try CountTable(connection, "totals", keys: ["category"], values: ["count", "likes", "counted"])
        minutes = try CountTable(connection, "minutes", keys: ["minute", "category"], values: ["count"])
        observed = try CountTable(connection, "observed", keys: ["minute"], values: ["count"])
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
            total: { try totals.change([.text($0)], by: [$1.posts, $1.likes, $1.counted]) },
            minute: { try minutes.change([.number($0), .text($1)], by: [$2]) },
            observed: { try observed.change([.number($0)], by: [$1]) }
        )
    }
}

/// A table of counts: a row for each key that counts something.
private struct CountTable {
    enum Key {
        case text(String)
        case number(Int64)
    }

    private let more: Statement
    private let fewer: Statement
    private let none: Statement

    /// The first value is the count that decides whether there is a row.
    init(_ connection: Connection, _ table: String, keys: [String], values: [String]) throws(SQLiteError) {
        let marks = (1...keys.count + values.count).map { "?\($0)" }
        let place = zip(keys, marks).map { "\($0) = \($1)" }.joined(separator: " AND ")
        let sums = zip(values, marks.dropFirst(keys.count)).map { "\($0) = \($0) + \($1)" }.joined(separator: ", ")
        more = try connection.prepare(
            "INSERT INTO \(table) (\((keys + values).joined(separator: ", "))) "
                + "VALUES (\(marks.joined(separator: ", "))) ON CONFLICT DO UPDATE SET \(sums)"
        )
        // What is taken out was counted in before, so its row is there.
        fewer = try connection.prepare("UPDATE \(table) SET \(sums) WHERE \(place)")
        // A count of nothing leaves no row, or the order of delivery would show.
        none = try connection.prepare("DELETE FROM \(table) WHERE \(place) AND \(values[0]) = 0")
    }

    func change(_ key: [Key], by values: [Int]) throws(SQLiteError) {
        let statement = values[0] > 0 ? more : fewer
        try bind(key, to: statement)
        for (index, value) in values.enumerated() { try statement.bind(Int64(value), at: key.count + index) }
        try statement.run()
        guard values[0] < 0 else { return }
        try bind(key, to: none)
        try none.run()
    }

    private func bind(_ key: [Key], to statement: Statement) throws(SQLiteError) {
        for (index, part) in key.enumerated() {
            switch part {
            case .text(let text): try statement.bind(text, at: index)
            case .number(let number): try statement.bind(number, at: index)
            }
        }
    }
}
