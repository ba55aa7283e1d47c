/// Brings a database to the newest schema by named steps, each once and in order.
///
/// The steps done are `PRAGMA user_version`; whose database it is says `PRAGMA application_id`.
public struct Migrator: Sendable {
    /// One step; its SQL never changes once it has been released.
    public struct Step: Sendable {
        /// What the step is for, in a word or two.
        public let name: String
        /// Its statements.
        public let sql: String

        /// Makes a step.
        public init(_ name: String, sql: String) {
            self.name = name
            self.sql = sql
        }
    }

    private let applicationID: Int32
    private let what: String
    private let steps: [Step]

    /// How many steps there are: the newest schema's version.
    public var count: Int { steps.count }

    /// Makes a migrator.
    ///
    /// - Parameters:
    ///   - applicationID: the number that marks this kind of file.
    ///   - what: the kind of file in words, for errors.
    ///   - steps: all steps there have ever been, oldest first.
    public init(applicationID: Int32, what: String, steps: [Step]) {
        self.applicationID = applicationID
        self.what = what
        self.steps = steps
    }

    /// Runs the steps that are missing, in one transaction.
    ///
    /// - Throws: `SQLiteError`; code 1 where the file is of another kind or of a newer schema.
    public func migrate(_ connection: Connection) throws {
        let done = try version(of: connection)
        guard done < steps.count else { return }
        try connection.transaction {
            // Another process may have done it while this one waited for the lock.
            for step in steps[min(steps.count, try version(of: connection))...] { try connection.execute(step.sql) }
            try connection.execute("PRAGMA application_id=\(applicationID); PRAGMA user_version=\(steps.count)")
        }
    }

    /// How many steps a database has behind it; nothing is changed.
    ///
    /// - Throws: `SQLiteError`; code 1 where the file is of another kind or of a newer schema.
    public func version(of connection: Connection) throws(SQLiteError) -> Int {
        let id = try connection.int64("PRAGMA application_id") ?? 0
        let version = Int(try connection.int64("PRAGMA user_version") ?? 0)
        // A file without a mark but with tables is someone else's.
        let tables = try connection.int64("SELECT count(*) FROM sqlite_schema") ?? 0
        let isEmpty = id == 0 && version == 0 && tables == 0
        guard isEmpty || id == Int64(applicationID) else {
            throw SQLiteError(code: 1, message: "\(connection.path) is not \(what)")
        }
        guard version <= steps.count else {
            throw SQLiteError(
                code: 1,
                message: "\(connection.path) was written by a newer version (schema \(version), this one knows "
                    + "\(steps.count)); use that version",
                isNewerSchema: true
            )
        }
        return version
    }
}
