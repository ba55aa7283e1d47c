import Foundation
import Journal
import Lifecycle
import Logging
import Recorder
import Synchronization
import TestSupport
import Testing
import Time
import XAPI

/// The disk's room as a recorder sees it: free bytes and time are the test's.
@Suite(.timeLimit(.minutes(20)))
struct RoomTests {
    /// A disk and a clock that stand still until they are set.
    private final class Disk: Sendable {
        struct Unknown: Error {}
        let free: Mutex<Int?>
        let asked = Mutex(0)
        let monotonic = ManualMonotonicClock()

        init(_ free: Int?) { self.free = Mutex(free) }

        /// Sets what is free, and lets a second pass.
        func set(_ bytes: Int?) {
            free.withLock { $0 = bytes }
            monotonic.advance(by: .seconds(1))
        }

        func watch(warning: Int = 5_000_000_000, floor: Int = 500_000_000) -> RoomWatch {
            RoomWatch(place: "data/journal", warning: warning, floor: floor) {
                self.asked.withLock { $0 += 1 }
                guard let free = self.free.withLock({ $0 }) else { throw Unknown() }
                return free
            }
        }

        /// Whether the recorder has looked at what was set last.
        func hasBeenAsked(_ count: Int) -> Bool { asked.withLock { $0 >= count } }
    }

    private func line(_ id: Int) -> String { "{\"data\":{\"id\":\"\(id)\",\"text\":\"a\"}}\r\n" }

    /// A stream that says one line and then nothing.
    private func quietX() -> FakeX {
        FakeX { _, connection in
            connection.sendStreamHead()
            connection.sendChunk(line(1))
            connection.hold(seconds: 20)
        }
    }

    private func floorError(_ thread: RecorderThread) throws -> RecorderError {
        try #require(throws: RecorderError.self) { try thread.join() }
    }

    @Test func atTheFloorAQuietStreamIsClosedInOrder() throws {
        let x = quietX()
        defer { x.server.stop() }
        let disk = Disk(800_000_000)
        let sink = MemorySink()
        let thread = RecorderThread(
            Recorder(try x.configuration(), sink: sink, room: disk.watch(), monotonic: disk.monotonic.clock)
        )
        try thread.wait { sink.text == line(1) }
        disk.set(500_000_000)
        let error = try floorError(thread)
        #expect(error.code == .diskFloor)
        for part in [
            "500 MB free at data/journal", "stops at 500 MB", "--disk-floor", "nothing that was recorded is lost",
        ] {
            #expect(error.message.contains(part), "\(error.message)")
        }
        #expect(sink.isClosed)
        #expect(sink.events.last?.field("why") == "disk-floor")
        #expect(thread.recorder.status.freeBytes == 500_000_000 && thread.recorder.status.phase == .ended)
    }

    @Test func atTheFloorAStreamAtFullSpeedIsClosedToo() throws {
        let x = FakeX { _, connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(1 << 40)\r\n\r\n")
            let lines = Array(repeating: line(2), count: 10_000).joined().utf8
            while connection.send(lines) {}
        }
        defer { x.server.stop() }
        let asked = Mutex<[Duration]>([])
        let watch = Stopwatch()
        let room = RoomWatch(place: "data/journal", warning: 0, floor: 500) {
            asked.withLock {
                $0.append(watch.elapsed)
                return $0.count < 3 ? 1_000 : 400
            }
        }
        let folder = try TemporaryFolder()
        let writer = try JournalWriter(directory: folder.path, source: .filtered)
        let thread = RecorderThread(Recorder(try x.configuration(), sink: writer, room: room))
        #expect(try floorError(thread).code == .diskFloor)
        let times = asked.withLock { $0 }
        #expect(times.count == 3)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= .milliseconds(900) }, "\(times)")
        #expect((times.last ?? .zero) < .seconds(8), "\(times)")
        #expect(writer.statistics.bytes > 1 << 20, "the stream was to flow")
        #expect(try Journal(directory: folder.path).summary(of: .filtered).tailBytes == 0, "sealed")
    }

    @Test func belowTheFloorNothingIsOpened() throws {
        let x = quietX()
        defer { x.server.stop() }
        let disk = Disk(499_999_999)
        let sink = MemorySink()
        let thread = RecorderThread(
            Recorder(try x.configuration(), sink: sink, room: disk.watch(), monotonic: disk.monotonic.clock)
        )
        let error = try floorError(thread)
        #expect(x.requests.all.isEmpty && sink.isClosed)
        // Whoever asks before there is a journal is told the same.
        #expect(try #require(throws: RecorderError.self) { try disk.watch().checkFloor() }.message == error.message)
    }

    @Test func theFloorEndsAWait() throws {
        let x = FakeX { _, connection in connection.answer(status: "503 Service Unavailable", body: "") }
        defer { x.server.stop() }
        var configuration = try x.configuration()
        configuration.reconnect.timeScale = 10
        let disk = Disk(800_000_000)
        let thread = RecorderThread(
            Recorder(configuration, sink: MemorySink(), room: disk.watch(), monotonic: disk.monotonic.clock)
        )
        try thread.wait { if case .waiting = thread.recorder.status.phase { true } else { false } }
        disk.set(0)
        #expect(try floorError(thread).code == .diskFloor)
    }

    @Test func aFloorOfNothingAndADiskThatCannotBeAskedStopNothing() throws {
        let x = quietX()
        defer { x.server.stop() }
        let log = MemoryLogSink()
        let disk = Disk(nil)
        let sink = MemorySink()
        let recorder = Recorder(
            try x.configuration(),
            sink: sink,
            room: disk.watch(warning: 0, floor: 0),
            monotonic: disk.monotonic.clock,
            logger: Logger(label: "r", level: .debug, sink: log)
        )
        let thread = RecorderThread(recorder)
        for (count, free) in [nil, 0, 0].enumerated() {
            try thread.wait { disk.hasBeenAsked(count + 1) }
            disk.set(free)
        }
        try thread.wait { disk.hasBeenAsked(4) && sink.text == line(1) }
        try thread.stop()
        #expect(log.messages.filter { $0.contains("room on the disk is not known") }.count == 1)
        #expect(!log.messages.contains { $0.contains("filling up") })
    }

    @Test func eachTimeTheRoomFallsBelowTheWarningIsToldOnce() throws {
        let x = quietX()
        defer { x.server.stop() }
        let log = MemoryLogSink()
        let disk = Disk(9_000_000_000)
        let recorder = Recorder(
            try x.configuration(),
            sink: MemorySink(),
            room: disk.watch(),
            monotonic: disk.monotonic.clock,
            logger: Logger(label: "r", level: .debug, sink: log)
        )
        let thread = RecorderThread(recorder)
        var told: [Int] = []
        // Below, below, about the warning, well above, below again.
        for (count, free) in [4_900, 4_800, 5_001, 4_999, 6_000, 4_000, 3_000].enumerated() {
            try thread.wait { disk.hasBeenAsked(count + 1) }
            disk.set(free * 1_000_000)
            try thread.wait {
                // The status is published four times a second, by the same clock.
                disk.monotonic.advance(by: .milliseconds(20))
                return disk.hasBeenAsked(count + 2) && recorder.status.freeBytes == free * 1_000_000
            }
            told.append(log.messages.filter { $0.contains("filling up") }.count)
        }
        try thread.stop()
        #expect(told == [1, 1, 1, 1, 1, 2, 2])
        #expect(log.messages.filter { $0.contains("has room again") }.count == 1)
    }

    @Test func theHoursLeftAreToldWhenAMinuteWasMeasured() throws {
        let x = quietX()
        defer { x.server.stop() }
        let disk = Disk(1_500_000_000)
        let sink = MemorySink()
        var configuration = try x.configuration()
        // Silence is measured by the same clock.
        configuration.silenceLimit = .seconds(100_000)
        let recorder = Recorder(configuration, sink: sink, room: disk.watch(), monotonic: disk.monotonic.clock)
        let thread = RecorderThread(recorder)
        try thread.wait { sink.text == line(1) }
        // The status is published four times a second, by the same clock.
        func wait(until condition: () -> Bool) throws {
            try thread.wait {
                disk.monotonic.advance(by: .milliseconds(2))
                return condition()
            }
        }
        disk.monotonic.advance(by: .seconds(55))
        try wait { disk.hasBeenAsked(2) && recorder.status.freeBytes != nil }
        #expect(recorder.status.roomLeft == nil)
        disk.monotonic.advance(by: .seconds(5))
        try wait { recorder.status.roomLeft != nil }
        let expected = 1e9 * 60 / Double(line(1).utf8.count)
        #expect(abs((recorder.status.roomLeft?.asSeconds ?? 0) / expected - 1) < 0.1)
        // Minutes later nothing has come within the window, and what never ends is not told.
        for _ in 0..<34 {
            let count = disk.asked.withLock { $0 }
            disk.monotonic.advance(by: .seconds(10))
            try thread.wait { disk.hasBeenAsked(count + 1) }
        }
        try wait { recorder.status.roomLeft == nil }
        try thread.stop()
    }

    @Test func aJournalKnowsWhatAByteTakesOnDisk() throws {
        let folder = try TemporaryFolder()
        let writer = try JournalWriter(directory: folder.path, source: .filtered)
        #expect(writer.counts.storedShare == 1)
        let bytes = Array((0..<200_000).map(line).joined().utf8)
        try bytes.withUnsafeBytes { try writer.append($0) }
        try writer.close()
        let size = try FileManager.default.attributesOfItem(atPath: folder.path + "/filtered/0000000001.zst")[.size]
        let stored = try #require(size as? Int)
        let share = writer.counts.storedShare * Double(bytes.count) / Double(stored)
        #expect((0.9...1).contains(share), "all but the opening block and the seek table: \(share) of \(stored)")
    }

    @Test func theRoomOfAFolderThatIsNotMadeYetIsThatOfTheOneAbove() throws {
        let folder = try TemporaryFolder()
        let system = try FileManager.default.attributesOfFileSystem(forPath: folder.path)[.systemFreeSize]
        let free = try #require(system as? Int)
        for path in [folder.path, folder.path + "/not/yet/here"] {
            // Others write on the same disk.
            #expect(abs(try Journal.freeSpace(at: path) - free) < max(1 << 30, free / 5), "\(path)")
        }
        #expect(try Journal.freeSpace(at: "no-such-folder/journal") > 0)
    }
}
