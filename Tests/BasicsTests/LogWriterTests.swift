import Foundation
import Lifecycle
import Logging
import Synchronization
import Terminal
import TestSupport
import Testing
import Time

/// A reader of a log that can stop reading; it takes each write whole.
private final class SlowReader: Sendable {
    private struct State {
        var text = ""
        var isStopped = false
        var isWaiting = false
        var sizes: [Int] = []
    }

    private let state = Monitor(State())

    var text: String { state.withLock { $0.text } }
    var sizes: [Int] { state.withLock { $0.sizes } }

    func stop() { state.withLock { $0.isStopped = true } }

    func goOn() {
        state.withLock { $0.isStopped = false }
        state.signal()
    }

    /// Returns once the writer's thread hangs in a write.
    func untilWaiting() {
        state.untilReady { $0.isWaiting ? () : nil }
    }

    func take(_ bytes: UnsafeRawBufferPointer) {
        state.withLock { $0.isWaiting = $0.isStopped }
        state.signal()
        state.untilReady { state in
            guard !state.isStopped else { return nil as Void? }
            state.isWaiting = false
            state.text += String(decoding: bytes, as: UTF8.self)
            state.sizes.append(bytes.count)
            return ()
        }
    }

    func writer(capacity: Int = 1 << 16, width: Int = 80) throws -> LogWriter {
        try LogWriter(
            capacity: capacity,
            width: { width },
            droppedLine: { "\($0) lines were dropped\n" },
            write: take
        )
    }
}

@Suite(.timeLimit(.minutes(20)))
struct LogWriterTests {
    private let reader = SlowReader()

    @Test func linesComeOutWholeAndInOrder() throws {
        let writer = try reader.writer(capacity: 1 << 20)
        let texts = (0..<2_000).map { "line \($0) \(String(repeating: "é", count: $0 % 90))\n" }
        for text in texts { writer.put(text) }
        #expect(writer.close())
        #expect(reader.text == texts.joined())
        #expect(reader.sizes.allSatisfy { $0 <= 4_096 }, "so much a pipe takes whole beside other writers")
    }

    @Test func aLineLargerThanAPieceIsWrittenWhole() throws {
        let writer = try reader.writer()
        let large = String(repeating: "x", count: 20_000) + "\n"
        reader.stop()
        writer.put("first\n")
        reader.untilWaiting()
        for text in ["small\n", large, "last\n"] { writer.put(text) }
        reader.goOn()
        #expect(writer.close())
        #expect(reader.text == "first\nsmall\n\(large)last\n")
        #expect(reader.sizes.contains(large.utf8.count) || reader.sizes.contains(large.utf8.count + 6))
    }

    /// Nobody who logs waits: this test would not end.
    @Test func whileNobodyReadsLinesAreDroppedCountedAndReportedWhereTheyAreMissing() throws {
        let writer = try reader.writer(capacity: 1_000)
        reader.stop()
        writer.put("first\n")
        reader.untilWaiting()
        for number in 0..<10_000 { writer.put("line \(100_000 + number)\n") }
        reader.goOn()
        #expect(writer.drain(idle: .seconds(20)))
        writer.put("afterwards\n")
        #expect(writer.close())
        let lines = reader.text.split(separator: "\n").map(String.init)
        // Twelve bytes a line.
        let kept = (0..<83).map { "line \(100_000 + $0)" }
        #expect(lines == ["first"] + kept + ["\(10_000 - 83) lines were dropped", "afterwards"])
    }

    /// A short line that would still fit must not stand before the one that says what is missing.
    @Test func afterADroppedLineNothingOvertakes() throws {
        let writer = try reader.writer(capacity: 20)
        reader.stop()
        writer.put("first\n")
        reader.untilWaiting()
        writer.put(String(repeating: "x", count: 30) + "\n")
        writer.put("short\n")
        reader.goOn()
        #expect(writer.close())
        #expect(reader.text == "first\n2 lines were dropped\n")
    }

    @Test func linesOfManyThreadsStayWhole() throws {
        let writer = try reader.writer(capacity: 1 << 20)
        let body = String(repeating: "x", count: 300)
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            let logger = Logger(label: "thread-\(thread)", level: .info, sink: LineLogSink { writer.put($0) })
            for number in 0..<100 { logger.info("\(number) \(body)") }
        }
        #expect(writer.close(idle: .seconds(20)))
        let lines = reader.text.split(separator: "\n")
        #expect(lines.count == 800)
        #expect(lines.allSatisfy { $0.hasSuffix(" " + body) && $0.contains(" info thread-") })
    }

    @Test func theStatusLineGivesWayToLinesAndComesBackBelowThem() throws {
        let writer = try reader.writer(width: 8)
        for step in [{ writer.setStatus("a line that is too long") }, { writer.put("one\ntwo\n") }] {
            step()
            #expect(writer.drain(idle: .seconds(20)))
        }
        #expect(writer.close())
        #expect(reader.text == "\(erase)a line \(erase)one\ntwo\n\(erase)a line \(erase)")
    }

    @Test func ofTheStatusLineOnlyTheNewestTextIsDrawn() throws {
        let writer = try reader.writer()
        reader.stop()
        writer.put("first\n")
        reader.untilWaiting()
        for number in 0..<1_000 { writer.setStatus("\(number)") }
        reader.goOn()
        #expect(writer.drain(idle: .seconds(20)))
        #expect(reader.text == "first\n\(erase)999")
        writer.close()
    }

    @Test func aStatusLineChangesAtMostFourTimesASecondAndGoesWhenItIsCleared() throws {
        let writer = try reader.writer()
        let line = StatusLine(on: writer)
        line.show("drawn")
        line.show("too soon")
        #expect(writer.drain(idle: .seconds(20)))
        line.clear()
        #expect(writer.drain(idle: .seconds(20)))
        line.show("back")
        #expect(writer.close())
        #expect(reader.text.hasPrefix("\(erase)drawn\(erase)"))
        #expect(!reader.text.contains("too soon"))
    }

    /// At its end a process waits for a reader, but not for one that takes nothing.
    @Test func closingGivesUpOnAReaderThatTakesNothing() throws {
        let writer = try reader.writer()
        reader.stop()
        writer.put("first\n")
        reader.untilWaiting()
        writer.put("second\n")
        #expect(!writer.drain(idle: .milliseconds(50)))
        let watch = Stopwatch()
        // It has had its time: whoever writes many results does not wait before each.
        for _ in 0..<100 { #expect(!writer.drain(idle: .seconds(60))) }
        #expect(!writer.close(idle: .seconds(60)))
        #expect(watch.elapsed < .seconds(60))
        #expect(reader.text.isEmpty)
        reader.goOn()
    }

    private let erase = "\r\u{1b}[K"
}
