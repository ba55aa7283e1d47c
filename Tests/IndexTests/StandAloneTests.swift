import Foundation
import Glibc
import SQLite
import Synchronization
import TestSupport
import Testing
import Time

@testable import Index
@testable import Transform

/// A closed index is one file, which a folder that nobody can write can serve.
@Suite(.timeLimit(.minutes(20)))
struct StandAloneTests {
    let folder: TemporaryFolder
    var path: String { "\(folder.path)/index %3f?#.sqlite" }

    init() throws { folder = try TemporaryFolder() }

    private func fill(_ ids: Range<Int>) throws {
        let index = try IndexWriter(path: path, transformDigest: "d")
        try index.apply(DocumentBatch(ids.map { Sketch(id: "\($0)", version: 10, likes: 2) }))
        try index.close(standingAlone: true)
    }

    private func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.path) }

    /// Puts the file into the form that an index had whose reader was there until its writer had gone.
    private func keepLogMode() throws {
        try Connection(path: path).execute("PRAGMA user_version")
        let header = try #require(FileManager.default.contents(atPath: path)?.prefix(20))
        let count = try names().count
        try #require(Array(header[18..<20]) == [2, 2] && count == 1)
    }

    /// Runs a body on a thread that file rights hold for, also where root runs the tests.
    private func asNobody(_ body: @escaping @Sendable () throws -> Void) throws {
        typealias SetUser = @convention(c) (CUnsignedInt) -> CInt
        let setUser = unsafeBitCast(try #require(dlsym(nil, "setfsuid")), to: SetUser.self)
        let shared = SharedFailure()
        let thread = startThread {
            if geteuid() == 0 { _ = setUser(65_534) }
            do { try body() } catch { shared.failure.withLock { $0 = error } }
        }
        #expect(thread.join(seconds: 60))
        if let error = shared.failure.withLock({ $0 }) { throw error }
    }

    private final class SharedFailure: Sendable {
        let failure = Mutex<(any Error)?>(nil)
    }

    @Test func aClosedIndexIsOneFileAndACopyOfItIsWhole() throws {
        try fill(0..<300)
        #expect(try names() == ["index %3f?#.sqlite"])
        let header = try #require(FileManager.default.contents(atPath: path)?.prefix(20))
        #expect(Array(header[18..<20]) == [1, 1], "no write-ahead log is asked for")
        let copy = try TemporaryFolder()
        try FileManager.default.copyItem(atPath: path, toPath: "\(copy.path)/c.sqlite")
        let reader = try IndexReader(path: "\(copy.path)/c.sqlite")
        #expect(try reader.summary(since: Timestamp(rawValue: 0)).categories.map(\.total) == [300])
        // It is filled further like any other.
        try fill(300..<310)
        #expect(try IndexReader(path: path).summary(since: Timestamp(rawValue: 0)).categories.map(\.total) == [310])
    }

    @Test func anIndexThatIsReadWhileItIsClosedKeepsItsLog() throws {
        try fill(0..<3)
        let index = try IndexWriter(path: path, transformDigest: "d")
        let reader = try IndexReader(path: path)
        #expect(try reader.summary(since: Timestamp(rawValue: 0)).categories.map(\.total) == [3])
        try index.apply(DocumentBatch([Sketch(id: "9", version: 10)]))
        let watch = ContinuousClock.now
        try index.close(standingAlone: true)
        #expect(ContinuousClock.now - watch < .seconds(2), "nobody waits for the reader")
        #expect(try reader.summary(since: Timestamp(rawValue: 0)).categories.map(\.total) == [4])
    }

    @Test(arguments: [false, true]) func aFolderThatCannotBeWrittenServesIt(logMode: Bool) throws {
        try fill(0..<300)
        if logMode { try keepLogMode() }
        chmod(folder.path, 0o555)
        defer { chmod(folder.path, 0o755) }
        let path = path
        try asNobody {
            try #require(throws: (any Error).self) { try Connection(path: path).execute("CREATE TABLE x (a)") }
            let reader = try IndexReader(path: path)
            let categories = try reader.summary(since: Timestamp(rawValue: 0)).categories
            #expect(categories.map(\.total) == [300] && categories.map(\.likes) == [600])
            #expect(try reader.changeCounter() == reader.changeCounter())
        }
        #expect(try names().count == 1)
    }

    /// Without locks a reader would mix two moments: it notices, and sees the new state when it is opened again.
    @Test func aFileThatIsWrittenAllTheSameIsOpenedAgain() throws {
        try fill(0..<3)
        try keepLogMode()
        chmod(folder.path, 0o555)
        defer { chmod(folder.path, 0o755) }
        let path = path
        let opened = SharedReader()
        try asNobody { opened.reader.withLock { $0 = try? IndexReader(path: path) } }
        let reader = try #require(opened.reader.withLock { $0 })
        let before = try reader.summary(since: Timestamp(rawValue: 0)).categories.map(\.total)
        chmod(folder.path, 0o755)
        try fill(3..<5)
        #expect(before == [3])
        #expect(throws: IndexError.self) { try reader.summary(since: Timestamp(rawValue: 0)) }
        #expect(throws: IndexError.self) { try reader.changeCounter() }
        #expect(try IndexReader(path: path).summary(since: Timestamp(rawValue: 0)).categories.map(\.total) == [5])
    }

    private final class SharedReader: Sendable {
        let reader = Mutex<IndexReader?>(nil)
    }
}
