import Foundation
import Glibc
import Lifecycle
import TestSupport
import Testing
import Time

@testable import Journal

@Suite(.serialized) struct LiveFollowerTests {
    /// A follower that polls without pause beside a writer that seals after every delivery sees no damage.
    @Test func followersBesideRapidSealingSeeNoGapAndNothingTwice() throws {
        let folder = try TemporaryFolder()
        let w = try JournalWriter(directory: folder.path, source: .filtered, configuration: .init(segmentByteLimit: 1))
        try w.append("{\"first\":1}\n")
        let path = folder.path
        let done = Monitor(false)
        let results = Monitor([String]())
        let threads = (0..<4).map { _ in
            startThread {
                do {
                    let follower = try RecordReader(
                        journal: try Journal(directory: path),
                        source: .filtered,
                        to: .never
                    )
                    var seen = ReadBack()
                    while !done.withLock({ $0 }) { try seen.add(follower) }
                    try seen.add(follower)
                    let gaps = seen.events.filter { $0.kind == "gap" }.count
                    results.withLock { $0.append("\(seen.records.count) records, \(gaps) gaps") }
                } catch { results.withLock { $0.append("\(error)") } }
            }
        }
        let clock = Stopwatch()
        var sent = 1
        while clock.elapsed < .seconds(3) { try w.append("{\"n\":\(sent)}\n"); sent += 1 }
        try w.close()
        done.withLock { $0 = true }
        for thread in threads { #expect(thread.join()) }
        let all = results.withLock { $0 }
        #expect(all.count == 4)
        #expect(all.allSatisfy { $0 == "\(sent) records, 0 gaps" }, "sent \(sent): \(all)")
    }
}
