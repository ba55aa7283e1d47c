import Foundation
import Journal
import Lifecycle
import SQLite
import Sinks
import TestSupport
import Testing

@testable import Replayer

/// Checkpoints and dead letters that say anything at all: an error, or a start over, never a crash.
@Suite struct ExtremeStateTests {
    @Test func extremePositionsAndOrdinalsAreSurvived() throws {
        var random = SeededRandom()
        let folder = try TemporaryFolder()
        let journal = try Journal(directory: folder.path)
        let writer = try JournalWriter(directory: folder.path, source: .filtered)
        for id in 1...5 { try writer.append(post(id)) }
        try writer.close()
        func checkpoint() throws -> Checkpoint {
            try Checkpoint(journal: journal, name: "a", sink: "memory", transform: Replayer.transformDigest)
        }
        try replay(folder.path, into: MemorySink(), checkpoint: checkpoint())
        let second = try #require(JournalPosition("filtered:\(post(1).utf8.count)"))
        let letters = (0..<3).map {
            DeadLetter(sink: "s", source: .filtered, offset: second.offset, ordinal: $0, reason: "no")
        }
        try DeadLetters(journal: journal).add(letters)
        let state = "\(folder.path)/state.sqlite"
        let kept = "\(folder.path)/kept.sqlite"
        try Connection(path: state).execute("PRAGMA journal_mode=DELETE")
        try copyFile(state, over: kept)
        let database = try ExtremeDatabase(kept)
        try #require(database.changes.contains { $0.description.hasPrefix("positions.at_offset = ") })
        try #require(database.changes.contains { $0.description.hasPrefix("dead_letters.ordinal = ") })
        for change in database.some(30, &random) {
            try copyFile(kept, over: state)
            try change.apply(to: state)
            let sink = MemorySink()
            do {
                try replay(folder.path, into: sink, checkpoint: checkpoint())
                // Further back than it was is safe, further on is not.
                #expect(sink.documents.isEmpty || sink.documents.count == 5 || change.value > 0, "\(change) \(random)")
            } catch let error as JournalError {
                #expect(error.code == .mismatch, "\(change) \(random): \(error)")
            }
            let box = try DeadLetters(journal: journal)
            let found = try box.list().map(\.letter)
            #expect(found.count == 3 || change.isInAll, "\(change) \(random)")
            let retry = try DeadLetterRetry(found, of: journal, through: LocalDelivery(MemorySink()))
            #expect(
                retry.delivered.count + retry.refused.count + retry.vanished.count == found.count,
                "\(change) \(random)"
            )
            try box.remove(found)
        }
    }
}
