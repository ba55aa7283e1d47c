internal import CSQLite

/// One compiled statement, to be run any number of times; it belongs to its connection's thread.
///
/// Parameters and columns are numbered from 0.
public final class Statement {
    private let connection: Connection
    private let handle: OpaquePointer
    private let sql: String

    init(_ connection: Connection, _ sql: String) throws(SQLiteError) {
        var compiled: OpaquePointer?
        let result = sqlite3_prepare_v3(connection.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, nil)
        guard result == SQLITE_OK, let compiled else {
            throw SQLiteError(connection.handle, result, connection.path, sql: sql)
        }
        self.connection = connection
        self.sql = sql
        handle = compiled
    }

    deinit { sqlite3_finalize(handle) }

    /// Binds an integer, or NULL.
    public func bind(_ value: Int64?, at index: Int) throws(SQLiteError) {
        try check(
            value.map { sqlite3_bind_int64(handle, CInt(index + 1), $0) } ?? sqlite3_bind_null(handle, CInt(index + 1))
        )
    }

    /// Binds a number.
    public func bind(_ value: Double, at index: Int) throws(SQLiteError) {
        try check(sqlite3_bind_double(handle, CInt(index + 1), value))
    }

    /// Binds text, or NULL; SQLite takes a copy.
    public func bind(_ value: String?, at index: Int) throws(SQLiteError) {
        guard var value else { return try check(sqlite3_bind_null(handle, CInt(index + 1))) }
        let result = value.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { text in
                reprise_bind_text(handle, CInt(index + 1), text.baseAddress, UInt64(text.count))
            }
        }
        try check(result)
    }

    /// Binds bytes as a BLOB; SQLite takes a copy.
    public func bind(blob bytes: [UInt8], at index: Int) throws(SQLiteError) {
        let result = bytes.withUnsafeBytes { raw in
            reprise_bind_blob(handle, CInt(index + 1), raw.baseAddress, UInt64(raw.count))
        }
        try check(result)
    }

    /// Binds UTF-8 without a copy: the bytes must stay where they are until `reset` or the next `bind` at this index.
    public func bind(unownedText bytes: UnsafeRawBufferPointer, at index: Int) throws(SQLiteError) {
        let text = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        try check(reprise_bind_static_text(handle, CInt(index + 1), text, UInt64(bytes.count)))
    }

    /// Runs to the next row; false where there is none.
    ///
    /// - Throws: `SQLiteError`; the statement is reset then.
    public func step() throws(SQLiteError) -> Bool {
        let result = sqlite3_step(handle)
        if result == SQLITE_ROW { return true }
        if result == SQLITE_DONE { return false }
        let error = SQLiteError(connection.handle, result, connection.path, sql: sql)
        sqlite3_reset(handle)
        throw error
    }

    /// Makes the statement ready to run again; what was bound stays bound.
    public func reset() { sqlite3_reset(handle) }

    /// Makes every parameter NULL, which lets go of text bound without a copy.
    public func clearBindings() { sqlite3_clear_bindings(handle) }

    /// Runs a statement that gives no rows, and makes it ready to run again.
    ///
    /// - Throws: `SQLiteError`.
    public func run() throws(SQLiteError) {
        _ = try step()
        reset()
    }

    /// How many columns a row has.
    public var columnCount: Int { Int(sqlite3_column_count(handle)) }

    /// Whether a column of the row is NULL.
    public func isNull(_ column: Int) -> Bool { sqlite3_column_type(handle, CInt(column)) == SQLITE_NULL }

    /// A column of the row as an integer; 0 where it is NULL.
    public func int64(_ column: Int) -> Int64 { sqlite3_column_int64(handle, CInt(column)) }

    /// A column of the row as an integer, or nil where it is NULL.
    public func optionalInt64(_ column: Int) -> Int64? { isNull(column) ? nil : int64(column) }

    /// A column of the row as a number; 0 where it is NULL.
    public func double(_ column: Int) -> Double { sqlite3_column_double(handle, CInt(column)) }

    /// A column of the row as text, or nil where it is NULL.
    public func string(_ column: Int) -> String? {
        isNull(column) ? nil : withText(column) { String(decoding: $0, as: UTF8.self) }
    }

    /// Lends a column's UTF-8 to a body; empty where it is NULL.
    public func withText<Result>(_ column: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let text = sqlite3_column_text(handle, CInt(column))
        let count = Int(sqlite3_column_bytes(handle, CInt(column)))
        return try body(UnsafeRawBufferPointer(start: text, count: text == nil ? 0 : count))
    }

    /// A column's bytes; empty where it is NULL.
    public func blob(_ column: Int) -> [UInt8] {
        let bytes = sqlite3_column_blob(handle, CInt(column))
        let count = Int(sqlite3_column_bytes(handle, CInt(column)))
        return Array(UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count))
    }

    private func check(_ result: CInt) throws(SQLiteError) {
        guard result == SQLITE_OK else { throw SQLiteError(connection.handle, result, connection.path, sql: sql) }
    }
}
