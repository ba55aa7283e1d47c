import Foundation
import TestSupport
import Testing
import Time

@testable import Journal

/// The newest event that somebody looks for, wherever it stands.
@Suite struct NewestEventTests {
    private let folder: TemporaryFolder
    private let clock = ManualClock(Timestamp(microseconds: 1_780_000_000_000_000))

    init() throws { folder = try TemporaryFolder() }

    private func open(_ source: SourceName = .filtered, segment: Int = 512 << 20) throws -> JournalWriter {
        let configuration = JournalWriterConfiguration(segmentByteLimit: segment)
        return try JournalWriter(
            directory: folder.path,
            source: source,
            configuration: configuration,
            clock: clock.clock
        )
    }

    private func newest(_ kind: String, of source: SourceName = .filtered) throws -> String? {
        let event = try Journal(directory: folder.path).newestEvent(of: source) { $0.kind == kind }
        return event.map { String(decoding: $0.json, as: UTF8.self) }
    }

    private func note(_ writer: JournalWriter, _ number: Int) throws {
        try writer.append(event: "note", fields: [("number", .integer(Int64(number)))])
    }

    @Test func itIsFoundInTheTailBesideTheWriterAndInSealedSegments() throws {
        #expect(try newest("note") == nil)
        var writer = try open()
        try note(writer, 1)
        try note(writer, 2)
        #expect(try newest("note") == #"{"kind":"note","number":2}"#)
        try writer.append("{}\n")
        try writer.close()
        #expect(try newest("note") == #"{"kind":"note","number":2}"#)
        writer = try open()
        #expect(try newest("note") == #"{"kind":"note","number":2}"#)
        try note(writer, 3)
        #expect(try newest("note") == #"{"kind":"note","number":3}"# && newest("other") == nil)
        try writer.close()
    }

    @Test func itIsFoundBehindSegmentsThatHoldNone() throws {
        let writer = try open(segment: 1 << 16)
        try note(writer, 7)
        let line = String(repeating: "x", count: 1_000) + "\n"
        for _ in 0..<100 { try writer.append(line) }
        try writer.close()
        #expect(FileManager.default.fileExists(atPath: folder.path + "/filtered/0000000002.zst"))
        #expect(try newest("note") == #"{"kind":"note","number":7}"#)
    }

    @Test func theServerIsTheNewestOfAllSources() throws {
        #expect(try Journal(directory: folder.path).server() == nil)
        let stream = try open()
        try stream.append(event: EventKind.opened, fields: [("origin", .string("https://a.example"))])
        try stream.close()
        clock.advance(by: .seconds(60))
        let lookups = try open(.lookup)
        try lookups.append(event: EventKind.asked, fields: [("number", .integer(1)), ("origin", .string("simulator"))])
        try lookups.close()
        #expect(try Journal(directory: folder.path).server() == "simulator")
        clock.advance(by: .seconds(60))
        let later = try open()
        try later.append(event: EventKind.server, fields: [("origin", .string("https://b.example"))])
        try later.append(event: EventKind.opened, fields: [("connection", .integer(1))])
        try later.close()
        #expect(try Journal(directory: folder.path).server() == "https://b.example")
    }
}
