import TestSupport
import Time

@testable import Journal

/// What a journal holds after it was opened again.
struct Recovered {
    let bytes: [UInt8]
    let events: [[UInt8]]

    struct Loss: Error, CustomStringConvertible { let description: String }

    init(_ disk: SimulatedDisk, _ geometry: TailGeometry, _ end: ByteOffset) throws {
        let journal = try Journal(directory: Schedule.journal, disk: disk, geometry: geometry)
        let reader = try ByteReader(journal: journal, source: .filtered)
        var bytes: [UInt8] = []
        while let piece = try reader.next() { bytes += piece }
        self.bytes = bytes
        let records = try RecordReader(journal: journal, source: .filtered)
        var events: [[UInt8]] = []
        while let batch = try records.nextBatch() {
            events += batch.events.filter { $0.kind != EventKind.clock }.map(\.json)
        }
        self.events = events
        guard end == ByteOffset(rawValue: UInt64(bytes.count)) else {
            throw Loss(description: "the writer ends at \(end), but \(bytes.count) bytes are read")
        }
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
    /// - Parameter killed: whether only the process had ended: then nothing but the last delivery may be missing.
    func check(_ appended: Appended, killed: Bool) throws {
        guard bytes.elementsEqual(appended.bytes.prefix(bytes.count)) else {
            throw Loss(description: "\(bytes.count) bytes are not the first \(appended.bytes.count) appended")
        }
        let promise = appended.promise
        for (what, offset) in [
            ("synced", promise.synced.offset), ("handed on", promise.handedOn), ("in a checkpoint", promise.checkpoint),
        ] where offset.rawValue > UInt64(bytes.count) {
            throw Loss(description: "\(bytes.count) bytes came back, but those before \(offset) were \(what)")
        }
        guard events.elementsEqual(appended.events.prefix(events.count).map(\.json)) else {
            throw Loss(description: "\(events.count) events are not the first that were appended")
        }
        let due = appended.events.filter { $0.sequence <= promise.synced.sequence }.count
        guard events.count >= due else {
            throw Loss(description: "\(events.count) events came back, but \(due) were synced")
        }
        guard !killed || bytes.count == appended.bytes.count else {
            throw Loss(description: "a kill lost \(appended.bytes.count - bytes.count) bytes")
        }
    }
}
