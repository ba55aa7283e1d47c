internal import Glibc
internal import Time

/// Reads a source record by record, bounded or following, beside its writer or long after it; changes nothing.
///
/// Memory: one block, one record that crosses blocks, and the marks of a batch. One thread at a time.
public final class RecordReader {
    private let runs: RunReader
    private let buffer = RunBuffer()
    private let start: ReadStart
    private let end: ReadEnd
    /// For bounded readers: the first byte that is not seen.
    private let frozenEnd: ByteOffset?

    // Nothing outside changes these while a method does, and to look that up for every line is a part of its cost.

    /// The next byte to look at, and the beginning of its line.
    @exclusivity(unchecked)
    private var index = 0
    @exclusivity(unchecked)
    private var lineStart = 0
    /// The offset of a line whose bytes were dropped because it is too long.
    @exclusivity(unchecked)
    private var longLine: ByteOffset?
    private var eventIndex = 0
    @exclusivity(unchecked)
    private var arrivalIndex = 0
    @exclusivity(unchecked)
    private var ordinal = 0
    @exclusivity(unchecked)
    private var records: [RecordMark] = []
    private var events: [JournalEvent] = []

    /// Whether the range's end was reached: `nextBatch` gives nothing more.
    public private(set) var isFinished = false
    /// The first byte of the first record that no batch has held yet.
    @exclusivity(unchecked)
    public private(set) var position: ByteOffset
    /// Where the last record ends that was passed over because it lies before the range; 0 where none was.
    public private(set) var passedEnd = ByteOffset.zero
    /// The source that is read.
    public let source: SourceName
    /// What of the range could not be read, as far as the reader has come.
    public private(set) var unread = UnreadBytes()

    /// A longer record is reported without its bytes.
    public static let recordByteLimit = 4 << 20
    /// A batch holds at most this many lines.
    static let batchLimit = 8_192

    /// Opens a source for reading; a bounded reader's end is fixed here.
    ///
    /// - Throws: `JournalError`: `notFound` where the journal or source does not exist, `io`, `corrupt`.
    public convenience init(
        journal: Journal,
        source: SourceName,
        from start: ReadStart = .beginning,
        to end: ReadEnd = .now
    ) throws {
        try self.init(journal: journal, source: source, from: start, to: end, looksBehindDamage: end != .never)
    }

    /// - Parameter looksBehindDamage: whether the whole tail is looked through at the newest end; if not, damage there is its end.
    init(
        journal: Journal,
        source: SourceName,
        from start: ReadStart,
        to end: ReadEnd,
        looksBehindDamage: Bool
    ) throws {
        self.source = source
        self.start = start
        self.end = end
        frozenEnd = end == .never ? nil : try journal.endOffset(of: source, looksBehindDamage: looksBehindDamage)
        runs = try journal.runs(of: source, from: start, isBounded: looksBehindDamage)
        if case .offset(let offset) = start { position = offset } else { position = .zero }
    }

    /// Gives the next lines, or nil where there are none for now: at the end of the range, or, following, until more comes.
    ///
    /// - Throws: `JournalError`: `io`, `corrupt`.
    public func nextBatch() throws -> RecordBatch? {
        records.removeAll(keepingCapacity: true)
        events.removeAll(keepingCapacity: true)
        while records.isEmpty && events.isEmpty {
            if isFinished { return nil }
            if index == buffer.length && eventIndex == buffer.events.count {
                guard try nextRun() else { return nil }
            }
            scan()
        }
        return RecordBatch(bytes: buffer.bytes, records: records, events: events)
    }

    /// Makes everything that was handed out durable: it survives a power cut when the call returns.
    public func sync() throws { try runs.sync() }

    private func nextRun() throws -> Bool {
        let unfinished = buffer.length - lineStart
        // One more than the limit may still be a CR before the LF.
        if longLine == nil && unfinished > RecordReader.recordByteLimit + 1 {
            longLine = lineOffset
        }
        buffer.carry(from: longLine == nil ? lineStart : buffer.length)
        lineStart = 0
        index = buffer.length
        eventIndex = 0
        arrivalIndex = 0
        ordinal = 0
        if let frozenEnd, runs.progress.sequence != nil, buffer.endOffset >= frozenEnd {
            // Events at the very end belong to the range; they are in the runs already read or just behind.
            guard try runs.next(into: buffer) else {
                isFinished = true
                return false
            }
            return true
        }
        let isFirst = runs.progress.sequence == nil
        guard try runs.next(into: buffer) else {
            guard let frozenEnd else { return false }
            // There were bytes up to the end when the reader was made, and now they are not read.
            if runs.addGap(upTo: frozenEnd, to: buffer) { return true }
            isFinished = true
            return false
        }
        if isFirst { index = 0 }
        return true
    }

    /// Marks lines up to the end of the run or of the batch.
    private func scan() {
        while records.count < RecordReader.batchLimit && !isFinished {
            let event = eventIndex < buffer.events.count ? buffer.events[eventIndex] : nil
            let limit = event.map { index(of: $0) } ?? buffer.length
            if index < limit, let lineFeed = findLineFeed(before: limit) {
                endLine(at: lineFeed)
                continue
            }
            index = max(index, limit)
            guard let event else { return }
            eventIndex += 1
            pass(event)
        }
    }

    /// Where an event stands among the buffer's bytes; one that a segment repeats stands before them.
    private func index(of event: JournalEvent) -> Int {
        guard event.offset > buffer.baseOffset else { return 0 }
        return min(buffer.length, event.offset - buffer.baseOffset)
    }

    private func findLineFeed(before limit: Int) -> Int? {
        guard let base = buffer.bytes.baseAddress, let found = memchr(base + index, 10, limit - index) else {
            return nil
        }
        return UnsafeRawPointer(found) - base
    }

    private func endLine(at lineFeed: Int) {
        while arrivalIndex < buffer.arrivals.count && buffer.arrivals[arrivalIndex].end <= lineFeed {
            arrivalIndex += 1
            ordinal = 0
        }
        let arrival =
            arrivalIndex < buffer.arrivals.count ? buffer.arrivals[arrivalIndex].time : Timestamp(rawValue: 0)
        var length = lineFeed - lineStart
        if length > 0 && buffer.bytes[lineFeed - 1] == 13 { length -= 1 }
        var kind = length == 0 ? RecordMark.Kind.keepAlive : .whole
        if longLine != nil || length + buffer.missingHead > RecordReader.recordByteLimit { kind = .tooLong }
        // Its beginning was in a block that is lost, or was not read: then its bytes are not all here.
        if buffer.missingHead > 0 { kind = buffer.isHeadLost ? .torn : .tooLong }
        mark(kind, length: kind == .tooLong ? 0 : length, end: lineFeed + 1, arrival, ordinal: ordinal)
        ordinal += 1
    }

    private func pass(_ event: JournalEvent) {
        let at = index(of: event)
        if event.endsLine && event.offset >= buffer.baseOffset {
            let unfinished = at - lineStart
            let isLoneCR = unfinished == 1 && longLine == nil && buffer.bytes[lineStart] == 13
            if longLine != nil || (unfinished > 0 && !isLoneCR) || buffer.missingHead > 0 {
                let kind: RecordMark.Kind = longLine == nil ? .torn : .tooLong
                let isWhollyHere = buffer.missingHead == 0 || buffer.isHeadLost
                let isGiven = kind == .torn && unfinished <= RecordReader.recordByteLimit && isWhollyHere
                let length = isGiven ? unfinished : 0
                mark(kind == .tooLong ? .torn : kind, length: length, end: at, event.time, ordinal: 0)
            } else {
                lineStart = at
                index = at
            }
        }
        guard isInRange(event) else { return }
        if !isBehind(event) { unread.add(event) }
        events.append(event)
    }

    private func mark(_ kind: RecordMark.Kind, length: Int, end: Int, _ arrival: Timestamp, ordinal: Int) {
        let mark = RecordMark(
            start: lineStart,
            length: length,
            offset: longLine ?? lineOffset,
            endOffset: buffer.baseOffset + end,
            arrival: arrival,
            ordinal: ordinal,
            kind: kind
        )
        longLine = nil
        buffer.forgetMissingHead()
        lineStart = end
        index = end
        if isBehind(mark) {
            isFinished = true
            return
        }
        guard isInRange(mark) else {
            passedEnd = mark.endOffset
            return
        }
        unread.note(mark.arrival)
        records.append(mark)
        position = mark.endOffset
    }

    /// Where the line at hand begins; bytes of it that were left out count, those that are lost do not.
    private var lineOffset: ByteOffset {
        let missing = buffer.isHeadLost ? 0 : buffer.missingHead
        return ByteOffset(rawValue: buffer.baseOffset.rawValue + UInt64(lineStart) - UInt64(missing))
    }

    private func isInRange(_ mark: RecordMark) -> Bool {
        switch start {
        case .beginning: true
        case .offset(let offset): mark.offset >= offset
        case .time(let time): mark.arrival >= time
        }
    }

    private func isInRange(_ event: JournalEvent) -> Bool {
        switch start {
        case .beginning: true
        case .offset(let offset): event.offset >= offset
        // The answer to a lookup is nothing without its question, which may be older than the time.
        case .time(let time):
            event.time >= time || [EventKind.asked, EventKind.answered, EventKind.believed].contains(event.kind)
        }
    }

    private func isBehind(_ event: JournalEvent) -> Bool {
        if let frozenEnd, event.offset > frozenEnd { return true }
        switch end {
        case .now, .never: return false
        case .offset(let offset): return event.offset >= offset
        case .time(let time): return event.time >= time
        }
    }

    private func isBehind(_ mark: RecordMark) -> Bool {
        if let frozenEnd, mark.endOffset > frozenEnd { return true }
        switch end {
        case .now, .never: return false
        case .offset(let offset): return mark.offset >= offset
        case .time(let time): return mark.arrival >= time
        }
    }
}
