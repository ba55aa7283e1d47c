import Testing
import TestSupport
import Time

@testable import Journal

@Suite struct RoundTripTests {
    @Test func whatIsAppendedIsReadAsRecords() throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock.standard()
        let writer = try JournalWriter(directory: folder.path, source: .filtered, clock: clock.clock)
        try writer.append(event: "opened", fields: [("status", .integer(200))])
        try writer.append("{\"a\":1}\r\n{\"b\"")
        try writer.append(":2}\r\n\r\n{\"c\":3}\n")
        let live = try ReadBack(folder.path)
        #expect(
            live.records.map { String(decoding: $0, as: UTF8.self) } == ["{\"a\":1}", "{\"b\":2}", "", "{\"c\":3}"]
        )
        #expect(live.kinds == [.whole, .whole, .keepAlive, .whole])
        #expect(live.marks.map(\.ordinal) == [0, 0, 1, 2])
        #expect(live.events.map(\.kind) == ["opened"])
        try writer.close()
        let sealed = try ReadBack(folder.path)
        #expect(sealed == live)
        #expect(try Journal(directory: folder.path).endOffset(of: .filtered) == writer.endOffset)
    }

    @Test func aFragmentIsTornAndNeverGluedToWhatFollows() throws {
        let folder = try TemporaryFolder()
        let writer = try JournalWriter(directory: folder.path, source: .filtered)
        try writer.append(event: "opened", fields: [])
        try writer.append("{\"a\":1}\r\n{\"cut")
        try writer.append(event: "closed", fields: [("why", .string("cut"))])
        try writer.append(event: "opened", fields: [])
        try writer.append("{\"b\":2}\r\n")
        for _ in 0..<2 {
            let read = try ReadBack(folder.path)
            #expect(read.kinds == [.whole, .torn, .whole])
            #expect(read.records[1] == Array("{\"cut".utf8))
            #expect(read.events.map(\.kind) == ["opened", "closed", "opened"])
            try writer.close()
        }
    }

    /// Random deliveries, events and restarts against small segments: every byte comes back, each record once.
    @Test func randomDeliveriesComeBackWhole() throws {
        var random = SeededRandom()
        for _ in 0..<12 {
            let folder = try TemporaryFolder()
            let clock = ManualClock.standard()
            var sent: [UInt8] = []
            var lines = 0
            let limit = Int.random(in: 1_000...200_000, using: &random)
            for _ in 0..<3 {
                let writer = try JournalWriter(
                    directory: folder.path,
                    source: .filtered,
                    configuration: .init(segmentByteLimit: limit),
                    clock: clock.clock
                )
                for number in 0..<Int.random(in: 0...200, using: &random) {
                    var delivery: [UInt8] = []
                    for _ in 0..<Int.random(in: 0...4, using: &random) {
                        delivery += Array(repeating: 120, count: Int.random(in: 0...3_000, using: &random)) + [10]
                        lines += 1
                    }
                    delivery += Array(repeating: 121, count: Int.random(in: 1...50, using: &random))
                    try writer.append(delivery)
                    sent += delivery
                    if number % 7 == 0 { try writer.append(event: "rules", fields: []) }
                    clock.advance(by: .microseconds(Int.random(in: 0...3, using: &random)))
                }
                if Bool.random(using: &random) { try writer.append("\n"); sent += [10]; lines += 1 }
                try writer.close()
            }
            #expect((try allBytes(folder.path) == sent) == true, "\(random)")
            let some = Int.random(in: 0...sent.count, using: &random)
            let more = Int.random(in: some...sent.count, using: &random)
            let stretch = try allBytes(
                folder.path,
                from: ByteOffset(rawValue: UInt64(some)),
                to: ByteOffset(rawValue: UInt64(more))
            )
            #expect((stretch == Array(sent[some..<more])) == true, "\(random) bytes \(some)..<\(more)")
            let read = try ReadBack(folder.path)
            #expect(read.records.count == lines, "\(random)")
            let versions = read.marks.map { $0.arrival.rawValue + Int64($0.ordinal) }
            #expect(Set(versions).count == versions.count, "\(random)")
            #expect((versions == versions.sorted()) == true, "\(random)")
            // From any record on, the rest is the same.
            for _ in 0..<20 where !read.marks.isEmpty {
                let index = Int.random(in: 0..<read.marks.count, using: &random)
                let rest = try ReadBack(folder.path, from: .offset(read.marks[index].offset))
                #expect((rest.marks == Array(read.marks[index...])) == true, "\(random) from \(index)")
                let inTime = try ReadBack(folder.path, from: .time(read.marks[index].arrival))
                let first = read.marks.firstIndex { $0.arrival >= read.marks[index].arrival } ?? 0
                #expect((inTime.marks == Array(read.marks[first...])) == true, "\(random) from time of \(index)")
            }
        }
    }
}
