import Foundation
import Time

@testable import Journal

/// Everything a reader gives, in plain values.
struct ReadBack: Equatable {
    var records: [[UInt8]] = []
    var marks: [RecordMark] = []
    var kinds: [RecordMark.Kind] { marks.map(\.kind) }
    var events: [JournalEvent] = []

    init(_ journal: String, source: SourceName = .filtered, from: ReadStart = .beginning, to: ReadEnd = .now) throws {
        let reader = try RecordReader(
            journal: try Journal(directory: journal),
            source: source,
            from: from,
            to: to
        )
        try add(reader)
    }

    init() {}

    mutating func add(_ reader: RecordReader) throws {
        while let batch = try reader.nextBatch() {
            for mark in batch.records {
                records.append(Array(batch.line(mark)))
                // Index in the buffer differs from run to run; the rest must not.
                marks.append(
                    RecordMark(
                        start: 0,
                        length: mark.length,
                        offset: mark.offset,
                        endOffset: mark.endOffset,
                        arrival: mark.arrival,
                        ordinal: mark.ordinal,
                        kind: mark.kind
                    )
                )
            }
            events += batch.events
        }
    }
}

extension JournalWriter {
    func append(_ text: String) throws {
        try Array(text.utf8).withUnsafeBytes { try append($0) }
    }

    func append(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try append($0) }
    }
}

/// All bytes of a source, block by block and from the tail.
func allBytes(
    _ journal: String,
    source: SourceName = .filtered,
    from: ByteOffset = .zero,
    to: ByteOffset? = nil
) throws -> [UInt8] {
    let reader = try ByteReader(journal: try Journal(directory: journal), source: source, from: from, to: to)
    var bytes: [UInt8] = []
    while let next = try reader.next() { bytes += Array(next) }
    return bytes
}

extension ManualClock {
    static func standard() -> ManualClock {
        ManualClock(Timestamp(microseconds: 1_780_000_000_000_000))
    }
}
