import Files
import Glibc
import Time

@testable import Journal

/// Reads a damaged journal with everything that reads one, and compares what they give with what was written.
///
/// `JournalError` is a reader's right; anything else that a reader throws, and anything it gives that was never written at
/// that place, is `Wrong`.
struct EveryReader {
    /// What was written.
    let original: SmallJournal
    /// Whether checksums were made to fit the damage: then what is read may be anything, but must be read to an end.
    var isForged = false

    /// Far more calls than an undamaged journal needs.
    static let callLimit = 100_000
    /// Readers may not fill larger buffers than this, however large the numbers they find: a chunk of the tail, or a block.
    static let bufferLimit = 5 << 20
    /// A journal of a dozen lines does not become this many.
    static let batchLimit = 1_000

    struct Wrong: Error, CustomStringConvertible {
        let description: String
    }

    func disk(_ files: [String: [UInt8]]) -> MemoryDisk {
        SmallJournal.disk(files, callLimit: EveryReader.callLimit)
    }

    /// Reads from the beginning, record by record and byte by byte.
    ///
    /// - Parameter alsoBytes: whether both are done, not the first alone.
    func readAll(_ files: [String: [UInt8]], alsoBytes: Bool = true) throws {
        let disk = disk(files)
        try onlyJournalErrors { try records(disk) }
        if alsoBytes { try onlyJournalErrors { try bytes(disk) } }
        try checkUse(disk)
    }

    /// Reads from and to places in the middle, and everything that sums up.
    func readParts(_ files: [String: [UInt8]], from place: UInt64, until end: UInt64, at time: Timestamp) throws {
        let disk = disk(files)
        let (place, end) = (ByteOffset(rawValue: place), ByteOffset(rawValue: end))
        try onlyJournalErrors { try records(disk, from: .offset(place), to: .offset(end)) }
        try onlyJournalErrors { try records(disk, from: .time(time), to: .never) }
        try onlyJournalErrors { try records(disk, from: .beginning, to: .time(time)) }
        try onlyJournalErrors { try bytes(disk, from: place, to: end) }
        let journal = try SmallJournal.journal(on: disk)
        try onlyJournalErrors { _ = try journal.sources() }
        try onlyJournalErrors { _ = try journal.summary(of: SmallJournal.source) }
        try onlyJournalErrors { _ = try journal.recordCount(of: SmallJournal.source, since: time) }
        try checkUse(disk)
    }

    /// Lets a writer bring the journal into order and go on, and reads what it made.
    func recover(_ files: [String: [UInt8]]) throws {
        let disk = disk(files)
        let clock = WallClock { Timestamp(microseconds: 1_790_000_000_000_000) }
        try onlyJournalErrors {
            let writer = try SmallJournal.writer(on: disk, clock)
            // Nothing is appended: what stands at an offset stays what was written there.
            _ = writer.endOffset
        }
        try checkUse(disk)
        try readAll(disk.contents)
    }

    /// Verifies the journal, repairs it, and reads what that made of it to an end.
    ///
    /// What is read is not compared: where a segment's first block is gone, the one made in its place does not know whether a
    /// line goes on over it, and the rest of such a line is taken for a record.
    func repair(_ files: [String: [UInt8]]) throws {
        let disk = disk(files)
        let journal = try SmallJournal.journal(on: disk)
        try onlyJournalErrors { _ = try JournalVerification(of: journal) }
        try onlyJournalErrors { _ = try JournalRepair(of: journal, source: SmallJournal.source, dryRun: true) }
        try onlyJournalErrors { _ = try JournalRepair(of: journal, source: SmallJournal.source) }
        try checkUse(disk)
        var reader = self
        reader.isForged = true
        try reader.readAll(disk.contents)
    }

    private func records(_ disk: MemoryDisk, from start: ReadStart = .beginning, to end: ReadEnd = .now) throws {
        let reader = try RecordReader(
            journal: try SmallJournal.journal(on: disk),
            source: SmallJournal.source,
            from: start,
            to: end
        )
        var behind = ByteOffset.zero
        var lastEvent: Timestamp?
        var batches = 0
        while let batch = try reader.nextBatch() {
            batches += 1
            guard batches < EveryReader.batchLimit else {
                throw Wrong(description: "records without end from \(start)")
            }
            for mark in batch.records {
                guard mark.length == batch.line(mark).count, mark.offset >= behind || isForged else {
                    throw Wrong(description: "\(mark) does not follow \(behind), from \(start)")
                }
                behind = mark.endOffset
                try check(mark, in: batch)
            }
            for event in batch.events where event.kind != EventKind.gap {
                try check(event, after: lastEvent)
                lastEvent = event.time
            }
        }
    }

    private func check(_ mark: RecordMark, in batch: RecordBatch) throws {
        guard !isForged else { return }
        let (offset, end) = (Int(clamping: mark.offset.rawValue), Int(clamping: mark.endOffset.rawValue))
        guard offset <= end, end <= original.bytes.count, mark.length <= end - offset,
            batch.line(mark).elementsEqual(original.bytes[offset..<offset + mark.length])
        else { throw Wrong(description: "bytes that were never sent: \(mark)") }
        // A fragment may begin and end wherever damage does.
        guard mark.kind != .torn else { return }
        let sent = original.marks[mark.offset.rawValue]
        // A line whose beginning was not read is told without its bytes, too.
        let isLeftOut = mark.kind == .tooLong && mark.length == 0
        guard let sent, sent.kind == mark.kind || isLeftOut, sent.length == mark.length || isLeftOut,
            sent.endOffset == mark.endOffset,
            sent.arrival == mark.arrival, sent.ordinal == mark.ordinal
        else { throw Wrong(description: "\(mark) instead of \(sent.map { "\($0)" } ?? "none")") }
    }

    private func check(_ event: JournalEvent, after last: Timestamp?) throws {
        guard !isForged else { return }
        guard original.events.contains(event), last.map({ $0 < event.time }) ?? true else {
            throw Wrong(description: "an event that never happened, or not then: \(event.kind) at \(event.offset)")
        }
    }

    private func bytes(_ disk: MemoryDisk, from start: ByteOffset = .zero, to end: ByteOffset? = nil) throws {
        let reader = try ByteReader(
            journal: try SmallJournal.journal(on: disk),
            source: SmallJournal.source,
            from: start,
            to: end
        )
        // Pieces do not say where they stand, but no eight bytes of these journals occur twice.
        var position = min(Int(clamping: start.rawValue), original.bytes.count)
        var count = 0
        while let piece = try reader.next() {
            count += piece.count
            guard count < EveryReader.batchLimit << 10 else { throw Wrong(description: "bytes without end") }
            if isForged { continue }
            guard let found = original.place(of: piece, from: position) else {
                throw Wrong(description: "\(piece.count) bytes that were never sent, behind \(position)")
            }
            position = found + piece.count
        }
    }

    func checkUse(_ disk: MemoryDisk) throws {
        if disk.isExhausted { throw Wrong(description: "reading without end") }
        guard disk.largestBuffer <= EveryReader.bufferLimit else {
            throw Wrong(description: "a buffer of \(disk.largestBuffer) bytes")
        }
    }

    func onlyJournalErrors(_ body: () throws -> Void) throws {
        do { try body() } catch let error as JournalError {
            _ = error
        }
    }
}

extension SmallJournal {
    /// Where a piece of the bytes stands, at a place or behind it.
    fileprivate func place(of piece: UnsafeRawBufferPointer, from start: Int) -> Int? {
        bytes.withUnsafeBytes { all in
            guard let base = all.baseAddress, let wanted = piece.baseAddress, all.count >= start + piece.count else {
                return nil
            }
            // Nearly always the first place.
            return (start...all.count - piece.count).first { memcmp(base + $0, wanted, piece.count) == 0 }
        }
    }
}
