import SQLite
import TestSupport
import Testing

@Suite struct SQLiteTests {
    @Test func whatIsBoundComesBack() throws {
        let folder = try TemporaryFolder()
        let connection = try Connection(path: "\(folder.path)/a.sqlite")
        try connection.execute("CREATE TABLE t (a INTEGER, b TEXT, c BLOB, d REAL) STRICT")
        let insert = try connection.prepare("INSERT INTO t VALUES (?, ?, ?, ?)")
        try insert.bind(Int64.min, at: 0)
        try insert.bind("żółć\0🐈", at: 1)
        try insert.bind(blob: [0, 255], at: 2)
        try insert.bind(0.5, at: 3)
        try insert.run()
        try insert.bind(nil as Int64?, at: 0)
        try insert.bind("", at: 1)
        try insert.bind(blob: [], at: 2)
        try insert.run()
        let select = try connection.prepare("SELECT a, b, c, d FROM t ORDER BY rowid")
        #expect(try select.step())
        #expect(select.int64(0) == Int64.min)
        #expect(select.string(1) == "żółć\0🐈")
        #expect(select.blob(2) == [0, 255])
        #expect(select.double(3) == 0.5)
        #expect(try select.step())
        #expect(select.optionalInt64(0) == nil)
        #expect(select.string(1) == "")
        #expect(!select.isNull(2))
        #expect(try !select.step())
    }

    @Test func aTransactionThatThrowsLeavesNothing() throws {
        struct Stop: Error {}
        let folder = try TemporaryFolder()
        let connection = try Connection(path: "\(folder.path)/a.sqlite")
        try connection.execute("CREATE TABLE t (a INTEGER) STRICT")
        #expect(throws: Stop.self) {
            try connection.transaction {
                try connection.execute("INSERT INTO t VALUES (1)")
                throw Stop()
            }
        }
        let count = try connection.prepare("SELECT count(*) FROM t")
        #expect(try count.step())
        #expect(count.int64(0) == 0)
    }

    @Test func anErrorNamesTheStatementAndNeverTheValues() throws {
        let folder = try TemporaryFolder()
        let connection = try Connection(path: "\(folder.path)/a.sqlite")
        try connection.execute("CREATE TABLE t (a TEXT UNIQUE) STRICT")
        let insert = try connection.prepare("INSERT INTO t VALUES (?)")
        try insert.bind("a secret", at: 0)
        try insert.run()
        let error = #expect(throws: SQLiteError.self) { try insert.run() }
        #expect(error?.code == 19)
        #expect(error?.description.contains("INSERT INTO t") == true)
        #expect(error?.description.contains("secret") == false)
    }

    @Test func migrationsRunOnceAndANewerSchemaIsRefused() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/a.sqlite"
        let first = Migrator.Step("tables", sql: "CREATE TABLE t (a INTEGER) STRICT")
        let second = Migrator.Step("column", sql: "ALTER TABLE t ADD COLUMN b TEXT")
        try Migrator(applicationID: 7, what: "a test's file", steps: [first]).migrate(try Connection(path: path))
        let newer = Migrator(applicationID: 7, what: "a test's file", steps: [first, second])
        try newer.migrate(try Connection(path: path))
        try newer.migrate(try Connection(path: path))
        #expect(try newer.version(of: try Connection(path: path, mode: .readOnly)) == 2)
        #expect(throws: SQLiteError.self) {
            try Migrator(applicationID: 7, what: "a test's file", steps: [first]).migrate(try Connection(path: path))
        }
        #expect(throws: SQLiteError.self) {
            try Migrator(applicationID: 8, what: "another file", steps: [first]).migrate(try Connection(path: path))
        }
    }

    @Test func aReadOnlyConnectionMakesNoFile() throws {
        let folder = try TemporaryFolder()
        #expect(throws: SQLiteError.self) {
            try Connection(path: "\(folder.path)/none.sqlite", mode: .readOnly)
        }
    }

    @Test func aFileOfAnotherProgramIsRefusedEvenWithoutAMark() throws {
        let folder = try TemporaryFolder()
        let connection = try Connection(path: "\(folder.path)/a.sqlite")
        try connection.execute("CREATE TABLE theirs (a INTEGER)")
        let migrator = Migrator(
            applicationID: 7,
            what: "a test's file",
            steps: [.init("tables", sql: "CREATE TABLE t (a INTEGER) STRICT")]
        )
        #expect(throws: SQLiteError.self) { try migrator.migrate(connection) }
    }

    @Test func aReaderSeesWholeStatesAndItsNumberMovesWithCommits() throws {
        let folder = try TemporaryFolder()
        let writer = try Connection(path: "\(folder.path)/a.sqlite", durability: .normal)
        try writer.execute("CREATE TABLE t (a INTEGER) STRICT")
        let reader = try Connection(path: "\(folder.path)/a.sqlite", mode: .readOnly)
        let before = try reader.dataVersion()
        #expect(try reader.dataVersion() == before)
        try reader.snapshot {
            #expect(try reader.int64("SELECT count(*) FROM t") == 0)
            try writer.execute("INSERT INTO t VALUES (1)")
            // The open reader does not keep the writer from making its commit durable.
            try writer.synchronize()
            #expect(try reader.int64("SELECT count(*) FROM t") == 0)
        }
        #expect(try reader.int64("SELECT count(*) FROM t") == 1)
        #expect(try reader.dataVersion() != before)
        #expect(throws: SQLiteError.self) { try reader.execute("INSERT INTO t VALUES (2)") }
    }

    @Test func aWaitForAnothersLockEndsWhenItIsStopped() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/a.sqlite"
        let holder = try Connection(path: path)
        try holder.execute("CREATE TABLE t (a INTEGER) STRICT; BEGIN IMMEDIATE")
        var asked = 0
        let other = try Connection(path: path) {
            asked += 1
            return asked == 4
        }
        let error = #expect(throws: SQLiteError.self) { try other.execute("INSERT INTO t VALUES (1)") }
        #expect(error?.isBusy == true && asked == 4)
        // A lock that is let go meanwhile is waited for.
        let third = try Connection(path: path) {
            try? holder.execute("COMMIT")
            return false
        }
        try third.execute("INSERT INTO t VALUES (1)")
        #expect(try third.int64("SELECT count(*) FROM t") == 1)
    }
}
