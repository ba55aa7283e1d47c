import Files
import Foundation
import TestSupport
import Testing
import Time

@testable import Journal

private let fullSize = ProcessInfo.processInfo.environment["REPRISE_TEST_SEGMENTS"].flatMap(Int.init) ?? 0

/// The full sizes, with times and memory: only where REPRISE_TEST_SEGMENTS names how many (1000000), in a release build.
///
/// `scripts/soak` runs them. Times are the median of several, with files in memory as they are after use.
@Suite(.serialized, .enabled(if: fullSize > 0, "REPRISE_TEST_SEGMENTS names no number of segments"))
struct FullSizeTests {
    private static let segments = fullSize
    /// Of the source with large segments.
    private static let gigabytes = 10

    /// The median of a few runs; the body gets the run's number.
    private func time(_ what: String, atMost limit: Duration, _ body: (Int) throws -> Void) throws {
        var times: [Duration] = []
        for run in 0..<9 {
            let watch = Stopwatch()
            try body(run)
            times.append(watch.elapsed)
        }
        let median = times.sorted()[times.count / 2]
        report("\(what): \(median) (\(times.min() ?? .zero) to \(times.max() ?? .zero)), at most \(limit)")
        #expect(median <= limit, "\(what)")
    }

    private func report(_ line: String) { FileHandle.standardError.write(Data("\(line)\n".utf8)) }

    /// The most memory this process has had since `forgetPeak`, proc(5) "VmHWM".
    private func peakMebibytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(Int(line.split(separator: " ", omittingEmptySubsequences: true)[1])) / 1_024
    }

    private func forgetPeak() throws {
        try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
    }

    private func checkMemory(_ what: String) throws {
        let peak = try peakMebibytes()
        report("\(what): \(peak) MiB of memory at most since its start")
        #expect(peak <= 64, "\(what)")
    }

    @Test func aMillionSegments() throws {
        var random = SeededRandom()
        let factory = SegmentFactory.tiny
        let folder = try TemporaryFolder()
        let making = Stopwatch()
        try factory.make(folder.path, segments: Self.segments)
        report("\(Self.segments) segments made in \(making.elapsed)")
        try forgetPeak()
        try checkMemory("this process before it does anything")
        try time("opening for reading", atMost: .milliseconds(100)) { _ in
            let journal = try Journal(directory: folder.path)
            let end = try journal.endOffset(of: .filtered)
            #expect(end.rawValue == UInt64(Self.segments * 16))
            _ = try RecordReader(journal: journal, source: .filtered)
        }
        let journal = try Journal(directory: folder.path)
        try time("offset of a time", atMost: .milliseconds(50)) { _ in
            let wanted = Int.random(in: 0..<Self.segments, using: &random)
            let offset = try journal.offset(of: factory.arrival(wanted), in: .filtered)
            #expect(offset.rawValue == UInt64(wanted * 16), "\(random)")
        }
        try time("first batch from a time", atMost: .milliseconds(50)) { _ in
            let wanted = Int.random(in: 0..<Self.segments, using: &random)
            let start = ReadStart.time(factory.arrival(wanted))
            let batch = try RecordReader(journal: journal, source: .filtered, from: start).nextBatch()
            #expect(batch?.records.first?.offset.rawValue == UInt64(wanted * 16), "\(random)")
        }
        try time("the source in numbers", atMost: .seconds(1)) { _ in
            let summary = try journal.summary(of: .filtered)
            #expect(summary.records == Self.segments)
        }
        try checkMemory("reading")
        try time("opening for writing", atMost: .milliseconds(100)) { _ in
            let writer = try JournalWriter(directory: folder.path, source: .filtered)
            #expect(writer.endOffset.rawValue == UInt64(Self.segments * 16))
            // Closed outside of what is measured it would be, but it has nothing to do.
            try writer.close()
        }
        try checkMemory("writing")
    }

    @Test func tenGigabytes() throws {
        var random = SeededRandom()
        let factory = SegmentFactory.large
        let folder = try TemporaryFolder()
        let segments = (Self.gigabytes << 30) / factory.segmentLength
        try factory.make(folder.path, segments: segments)
        let journal = try Journal(directory: folder.path)
        let deliveries = factory.deliveries(in: segments)
        report("\(segments) segments of \(factory.segmentLength) bytes, \(try stored(journal)) bytes stored")
        try forgetPeak()
        try time("opening for reading", atMost: .milliseconds(100)) { _ in
            _ = try RecordReader(journal: journal, source: .filtered)
        }
        try time("seek to a time", atMost: .milliseconds(50)) { _ in
            let wanted = Int.random(in: 0..<deliveries, using: &random)
            let start = ReadStart.time(factory.arrival(wanted))
            let reader = try RecordReader(journal: journal, source: .filtered, from: start)
            let first = try first(of: reader)
            #expect(first?.offset.rawValue == UInt64(wanted * factory.deliveryLength), "\(random)")
        }
        try time("seek to an offset", atMost: .milliseconds(50)) { _ in
            let wanted = UInt64(Int.random(in: 0..<deliveries, using: &random) * factory.deliveryLength)
            let start = ReadStart.offset(ByteOffset(rawValue: wanted))
            let reader = try RecordReader(journal: journal, source: .filtered, from: start)
            let first = try first(of: reader)
            #expect(first?.offset.rawValue == wanted, "\(random)")
        }
        try checkMemory("seeking")
        try time("opening for writing", atMost: .milliseconds(100)) { _ in
            try JournalWriter(directory: folder.path, source: .filtered).close()
        }
    }

    private func stored(_ journal: Journal) throws -> Int { try journal.summary(of: .filtered).storedBytes }

    private func first(of reader: RecordReader) throws -> RecordMark? {
        while let batch = try reader.nextBatch() {
            if let mark = batch.records.first { return mark }
        }
        return nil
    }
}
