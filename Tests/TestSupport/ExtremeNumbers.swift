internal import Foundation
internal import SQLite

/// Numbers at the edges of what 64 bits, a double and the journal hold, and what sums of them may become.
public enum ExtremeNumbers {
    /// As a database holds them.
    public static let integers: [Int64] = [
        .min, .min + 1, -(1 << 62), -(1 << 53), -1, 0, 1, 60_000, 1 << 31, 1 << 32, 1 << 53, 1 << 60, 1 << 61,
        (1 << 61) + 1, 1 << 62, .max - 1, .max,
    ]
}

/// Puts extreme numbers into each column of whole numbers of a SQLite database, one after the other.
public struct ExtremeDatabase: Sendable {
    /// One change of a database.
    public struct Change: Sendable, CustomStringConvertible {
        let table: String
        let column: String
        /// Columns that tell the table's rows apart.
        let key: [String]
        /// The number that is put in.
        public let value: Int64
        /// Whether it is put into every row, as far as their keys stay different, not into one alone.
        public let isInAll: Bool

        /// What is changed, for failures.
        public var description: String { "\(table).\(column) = \(value) in \(isInAll ? "all rows" : "one row")" }

        /// Makes the change in a file of that schema.
        public func apply(to path: String) throws {
            let connection = try Connection(path: path)
            try connection.execute("PRAGMA ignore_check_constraints=ON")
            let names = key.map { "\"\($0)\"" }.joined(separator: ", ")
            let one = " WHERE (\(names)) = (SELECT \(names) FROM \"\(table)\" ORDER BY 1 DESC LIMIT 1)"
            try connection.execute(
                "UPDATE OR IGNORE \"\(table)\" SET \"\(column)\" = \(value)\(isInAll ? "" : one)"
            )
            // So that the file alone says everything, and can be copied.
            try connection.execute("PRAGMA journal_mode=DELETE")
        }
    }

    /// The changes of every column of every table.
    public let changes: [Change]

    /// Reads a database's schema.
    ///
    /// - Parameter values: what is put in.
    public init(_ path: String, values: [Int64] = ExtremeNumbers.integers) throws {
        let connection = try Connection(path: path, mode: .readOnly)
        let select = try connection.prepare(
            """
            SELECT m.name, c.name, c.type, (SELECT group_concat(k.name) FROM pragma_table_info(m.name) k WHERE k.pk > 0)
            FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'
            ORDER BY 1, 2
            """
        )
        var changes: [Change] = []
        while try select.step() {
            guard let table = select.string(0), let column = select.string(1), select.string(2) == "INTEGER",
                let key = select.string(3)
            else { continue }
            for value in values {
                for isInAll in [true, false] {
                    changes.append(
                        Change(
                            table: table,
                            column: column,
                            key: key.split(separator: ",").map(String.init),
                            value: value,
                            isInAll: isInAll
                        )
                    )
                }
            }
        }
        self.changes = changes
    }

    /// Some of the changes by chance, of each column at least one; all of them where REPRISE_TEST_FUZZ is set.
    public func some(_ count: Int, _ random: inout SeededRandom) -> [Change] {
        if ProcessInfo.processInfo.environment["REPRISE_TEST_FUZZ"] != nil { return changes }
        let columns = Dictionary(grouping: changes) { "\($0.table).\($0.column)" }
        let each = max(1, count / max(1, columns.count))
        return columns.sorted { $0.key < $1.key }.flatMap { $0.value.shuffled(using: &random).prefix(each) }
    }
}

/// Copies a folder with everything in it.
public func copyFolder(_ path: String, to other: String) throws {
    try FileManager.default.copyItem(atPath: path, toPath: other)
}

/// Copies a file in another one's place.
public func copyFile(_ path: String, over other: String) throws {
    for file in [other, "\(other)-wal", "\(other)-shm"] where FileManager.default.fileExists(atPath: file) {
        try FileManager.default.removeItem(atPath: file)
    }
    try FileManager.default.copyItem(atPath: path, toPath: other)
}
