import Files
import TestSupport
import Time

@testable import Journal

/// What a journal holds after it was opened again.
struct Recovered {
    /// By their offset; zeros in gaps.
    private(set) var bytes: [UInt8] = []
    /// Stretches that are missing.
    private(set) var gaps: [Range<Int>] = []
    /// The JSON of all events, but for gaps and the clock's.
    private(set) var events: [[UInt8]] = []

    struct Loss: Error, CustomStringConvertible { let description: String }

    init(_ disk: SimulatedDisk, _ geometry: TailGeometry, _ end: ByteOffset) throws {
        let journal = try Journal(directory: Schedule.journal, disk: disk, geometry: geometry)
        let runs = try journal.runs(of: .filtered, from: .beginning)
        let buffer = RunBuffer()
        while try runs.next(into: buffer) {
            let start = Int(buffer.baseOffset.rawValue)
            guard start >= bytes.count else { throw Loss(description: "the bytes at \(start) came twice") }
            // Where nothing was read, a gap goes on.
            if start > bytes.count, buffer.length > 0 { addGap(upTo: start) }
            bytes += buffer.bytes
            events += buffer.events.filter { ![EventKind.clock, EventKind.gap].contains($0.kind) }.map(\.json)
            buffer.carry(from: buffer.length)
        }
        if Int(runs.progress.offset.rawValue) > bytes.count { addGap(upTo: Int(runs.progress.offset.rawValue)) }
        guard end == ByteOffset(rawValue: UInt64(bytes.count)) else {
            throw Loss(description: "the writer ends at \(end), but \(bytes.count) bytes are read")
        }
        // What segments repeat comes once here: by their numbers.
        var seen: Set<[UInt8]> = []
        events = events.filter { seen.insert($0).inserted }
    }

    private mutating func addGap(upTo end: Int) {
        gaps.append(bytes.count..<end)
        bytes += [UInt8](repeating: 0, count: end - bytes.count)
    }

    /// What `journal verify` finds, without its threads.
    static func findings(_ disk: SimulatedDisk, _ geometry: TailGeometry) throws -> [JournalFinding] {
        let folder = SourceFolder(journal: Schedule.journal, source: .filtered, disk: disk, geometry: geometry)
        let list = try SegmentList(folder)
        var source = SourceCheck(folder, catalog: nil)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: geometry.slotSize, alignment: 64)
        defer { buffer.deallocate() }
        for (id, isSealed) in list.all {
            guard let isSealed else {
                source.addMissing(id)
                continue
            }
            let check = try SegmentCheck(folder, id, isSealed: isSealed, buffer: buffer)
            try source.add(check, isNewest: id == list.newest)
        }
        try source.checkTail(of: list)
        return source.findings
    }

    /// Holds it against what was appended and promised.
    ///
    /// A power cut may leave a hole in what was not synced, with whole blocks behind it; nothing else may.
    ///
    /// - Parameter killed: whether only the process had ended: then nothing but the last delivery may be missing.
    func check(_ appended: Appended, killed: Bool) throws {
        guard bytes.count <= appended.bytes.count else { throw Loss(description: "\(bytes.count) bytes are too many") }
        var position = 0
        for gap in gaps + [bytes.count..<bytes.count] {
            guard bytes[position..<gap.lowerBound].elementsEqual(appended.bytes[position..<gap.lowerBound]) else {
                throw Loss(description: "the bytes from \(position) to \(gap.lowerBound) are not those appended")
            }
            position = gap.upperBound
        }
        let promise = appended.promise
        let promised = max(promise.synced.offset, promise.handedOn, promise.checkpoint)
        let newGaps = gaps.filter { gap in !appended.holes.contains(gap) }
        let kept = newGaps.first?.lowerBound ?? bytes.count
        guard promised.rawValue <= UInt64(kept) else {
            throw Loss(description: "only \(kept) bytes came back whole, but \(promise)")
        }
        var rest = appended.events[...]
        for event in events {
            guard let found = rest.firstIndex(where: { $0.json == event }) else {
                throw Loss(description: "an event was not appended there: \(String(decoding: event, as: UTF8.self))")
            }
            rest = rest[(found + 1)...]
        }
        let back = Set(events)
        guard appended.events.allSatisfy({ $0.sequence > promise.synced.sequence || back.contains($0.json) }) else {
            throw Loss(description: "an event that was synced did not come back")
        }
        guard !killed || bytes.count == appended.bytes.count && newGaps.isEmpty else {
            throw Loss(description: "a kill lost \(appended.bytes.count - bytes.count) bytes, and \(newGaps)")
        }
    }
}
