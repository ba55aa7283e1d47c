internal import Files
internal import Compression
internal import Time

/// What one segment's file holds and what is wrong with it; nothing outside the file is looked at.
struct SegmentCheck: Sendable {
    /// A whole block, and where the source stands behind it.
    struct Kept: Sendable {
        let location: BlockLocation
        let trailer: BlockTrailer
    }

    let id: SegmentID
    let isSealed: Bool
    let name: String
    let path: String
    private(set) var facts: SegmentFacts
    private(set) var findings: [JournalFinding] = []
    private(set) var kept: [Kept] = []
    /// Stretches of the file that are no whole blocks, with the number of blocks kept before each.
    private(set) var damage: [(bytes: Range<Int>, after: Int)] = []
    /// Bytes behind the last whole block that are not the seek table of this file.
    private(set) var rest: Range<Int>?
    /// Where the seek table says that the last block's content ends, counted from the segment's beginning; nil without one.
    private(set) var listedLength: Int?
    /// Blocks of another source.
    private(set) var foreignBlocks = 0
    private let source: SourceName
    private var line: LineCounter?
    private var isLineKnown = true

    /// What its blocks of this source hold.
    var held: [HeldBlock] {
        kept.compactMap { $0.trailer.source == source ? HeldBlock($0.location, $0.trailer) : nil }
    }

    /// Where the first block begins; nil without a whole block.
    var first: BlockTrailer? { kept.first?.trailer }
    var last: BlockTrailer? { kept.last?.trailer }

    /// Reads a segment from its beginning to its end.
    ///
    /// - Parameters:
    ///   - path: where it stands, if not under its number.
    ///   - buffer: for the content, of a block's largest size; nil where it need not be decompressed.
    init(
        _ folder: SourceFolder,
        _ id: SegmentID,
        isSealed: Bool,
        path: String? = nil,
        buffer: UnsafeMutableRawBufferPointer?
    ) throws {
        let path = path ?? (isSealed ? folder.sealed(id) : folder.open(id))
        self.path = path
        self.id = id
        self.isSealed = isSealed
        name = "\(folder.source)/\(id.digits)\(isSealed ? ".zst" : ".open")"
        source = folder.source
        facts = SegmentFacts(id: id)
        let walk = try SegmentWalk(try folder.disk.file(path))
        while let item = try walk.next() {
            switch item {
            case .damage(let bytes):
                damage.append((bytes, kept.count))
                line = nil
            case .block(let location, let trailer):
                // A whole block of another source is as good as damage here, and stays in the file.
                if trailer.source != source { foreignBlocks += 1 }
                try check(trailer, at: location, walk, buffer)
                facts.add(trailer, storedSize: location.storedSize)
                kept.append(Kept(location: location, trailer: trailer))
            }
        }
        facts.isSealed = isSealed
        facts.storedBytes = walk.size
        try checkEnd(walk)
    }

    private mutating func checkEnd(_ walk: SegmentWalk) throws {
        if walk.position < walk.size, !walk.tableAgrees { rest = walk.position..<walk.size }
        if let table = walk.table {
            listedLength = length(listedIn: table)
            let start = table.frames.reduce(0) { $0 + $1.storedSize }
            if walk.position < start { damage.append((walk.position..<start, kept.count)) }
        } else if isSealed, let rest, try walk.beginsFrame(at: rest.lowerBound) {
            damage.append((rest, kept.count))
        }
        for (bytes, count) in damage {
            let offset = count == 0 ? nil : kept[count - 1].trailer.endOffset
            add(.blockDamaged, bytes.lowerBound, offset, "\(bytes.count) bytes are no whole block")
        }
        if !isSealed, kept.isEmpty, walk.size > 0, try !walk.beginsFrame(at: 0) {
            add(.blockDamaged, 0, nil, "the file is no segment: it does not begin as one")
        }
        guard isSealed else { return }
        if walk.table == nil {
            let what = rest.map { "\($0.count) bytes behind the last whole block are no seek table" }
            add(.seekTableWrong, walk.position, facts.endOffset, what ?? "the seek table is missing")
        } else if damage.isEmpty, !walk.tableAgrees {
            add(.seekTableWrong, walk.position, facts.endOffset, "the seek table lists other frames than there are")
        }
    }

    /// The length of all content by a table that is right about every block that is whole, and promises no impossible ones.
    private func length(listedIn table: SeekTable) -> Int? {
        let sizes = Dictionary(kept.map { ($0.location.start, $0.location.contentSize) }) { first, _ in first }
        var start = 0
        var length = 0
        for (index, frame) in table.frames.enumerated() {
            let limit = index.isMultiple(of: 2) ? TailGeometry.standard.slotSize : 0
            guard frame.contentSize <= limit, sizes[start].map({ $0 == frame.contentSize }) ?? true else { return nil }
            start += frame.storedSize
            length += frame.contentSize
        }
        return length
    }

    /// Holds a block against itself and the one before it.
    private mutating func check(
        _ trailer: BlockTrailer,
        at location: BlockLocation,
        _ walk: SegmentWalk,
        _ buffer: UnsafeMutableRawBufferPointer?
    ) throws {
        func wrong(_ code: JournalFinding.Code, _ what: String, _ check: inout SegmentCheck) {
            check.add(code, location.start, trailer.firstOffset, what)
        }
        if trailer.source != source { wrong(.blockWrong, "a block of the source \(trailer.source)", &self) }
        if let before = last, damage.last?.after != kept.count {
            if trailer.firstOffset > before.endOffset {
                wrong(.hole, "a block begins at \(trailer.firstOffset), \(before.endOffset) was to come", &self)
            } else if trailer.firstOffset < before.endOffset {
                wrong(.overlap, "a block begins at \(trailer.firstOffset), \(before.endOffset) was to come", &self)
            }
            if trailer.lastSequence < before.lastSequence { wrong(.orderWrong, "the sequence goes back", &self) }
        }
        var time = kept.isEmpty ? Timestamp(rawValue: Int64.min) : last?.nextArrival ?? trailer.nextArrival
        for arrival in trailer.arrivals {
            if arrival.time < time { wrong(.orderWrong, "an arrival is earlier than the one before", &self) }
            time = max(time, arrival.time)
        }
        if trailer.nextArrival < time { wrong(.orderWrong, "the next arrival is before the last", &self) }
        guard let buffer else { return }
        let content = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<location.contentSize])
        do { try walk.content(of: location, into: content) } catch {
            wrong(.blockWrong, "\(error)", &self)
            line = nil
            return
        }
        check(UnsafeRawBufferPointer(content), trailer, location)
    }

    private mutating func check(_ content: UnsafeRawBufferPointer, _ trailer: BlockTrailer, _ location: BlockLocation) {
        var counter = line ?? LineCounter(unfinished: trailer.carried)
        if counter.unfinished != trailer.carried, !trailer.isGap {
            add(
                .blockWrong,
                location.start,
                trailer.firstOffset,
                "the trailer states another unfinished line before it"
            )
        }
        let counts = counter.take(block: content, trailer)
        // Of one byte before the block it is not known here whether it was a lone CR.
        let isSure = line != nil || trailer.carried != 1
        if isSure, counts.records != trailer.recordCount {
            let what = "the trailer states \(trailer.recordCount) records, the content has \(counts.records)"
            add(.blockWrong, location.start, trailer.firstOffset, what)
        }
        if trailer.arrivals.reduce(0, { $0 + $1.length }) < counts.lastLine {
            add(.blockWrong, location.start, trailer.firstOffset, "a line has no arrival")
        }
        // What stands unfinished behind a gap is not known before a line ends.
        if trailer.isGap { isLineKnown = false } else if counts.lines > 0 { isLineKnown = true }
        line = isLineKnown ? counter : nil
    }

    private mutating func add(_ code: JournalFinding.Code, _ byte: Int?, _ offset: ByteOffset?, _ message: String) {
        findings.append(
            JournalFinding(code: code, source: source, file: name, byte: byte, offset: offset, message: message)
        )
    }
}
