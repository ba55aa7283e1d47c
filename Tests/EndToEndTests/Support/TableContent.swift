import Foundation
import SQLite

/// What tables of a SQLite file hold, as text that can be compared.
enum TableContent {
    /// The tables of the embedded index that are a function of its documents.
    static let index = ["documents", "minutes", "totals", "observations", "observed", "newest"]

    /// The rows of tables, in order, a line each.
    static func rows(_ path: String, _ tables: [String] = index) throws -> [String] {
        let connection = try Connection(path: path, mode: .readOnly)
        return try tables.flatMap { table in
            let names = try connection.prepare("SELECT name FROM pragma_table_info('\(table)')")
            var columns: [String] = []
            while try names.step() { columns.append(names.string(0) ?? "") }
            let all = columns.map { "quote(\($0))" }.joined(separator: " || ',' || ")
            let select = try connection.prepare("SELECT \(all) FROM \(table) ORDER BY 1")
            var lines: [String] = []
            while try select.step() { lines.append("\(table): \(select.string(0) ?? "")") }
            return lines
        }
    }
}
