import Files
import Lifecycle
import TestSupport
import Time

@testable import Journal

/// What was appended to a source, and what had been promised of it at some moment.
struct Appended {
    /// All bytes, in order.
    var bytes: [UInt8] = []
    /// Stretches that an earlier power cut or failed sync took, with whole blocks behind them.
    var holes: [Range<Int>] = []
    /// The JSON of all events, in order, with the sequence of each.
    var events: [(sequence: UInt64, json: [UInt8])] = []

    struct Promise {
        /// Survives a power cut.
        var synced = WriterPosition(sequence: 0, offset: .zero)
        /// Was handed on by a follower.
        var handedOn = ByteOffset.zero
        /// Was saved as a checkpoint.
        var checkpoint = ByteOffset.zero
    }
    var promise = Promise()
}

/// One recorder on one simulated disk: random deliveries, events, thread steps, followers, kills and faults, all from a seed.
final class Schedule {
    let disk: SimulatedDisk
    let geometry: TailGeometry
    let clock = ManualClock.standard()
    /// As late as any clock was: what opens a journal is not behind it.
    let lateClock = ManualClock.standard()
    private(set) var appended = Appended()
    private var random: SeededRandom
    private var writer: JournalWriter?
    private var builder: BlockBuilder?
    private var follower: RecordReader?
    private let configuration: JournalWriterConfiguration
    private var seen = WriterPosition(sequence: 0, offset: .zero)
    private var isStopped = false
    private var number = 0
    /// At full speed all deliveries are as long as they may be, and what a power cut leaves of old ones fits everywhere.
    let deliveryLength: Int?

    static let journal = "/journal"

    init(_ seed: UInt64, faults: SimulatedDisk.Faults) throws {
        random = SeededRandom(seed: seed)
        geometry = TailGeometry(slotCount: Int.random(in: 3...5, using: &random), slotSize: 2_048)
        configuration = JournalWriterConfiguration(segmentByteLimit: Int.random(in: 1_000...20_000, using: &random))
        deliveryLength = Bool.random(using: &random) ? Int.random(in: 50...500, using: &random) : nil
        disk = SimulatedDisk(DiskState(), SeededRandom(seed: seed &+ 1))
        disk.faults = faults
        try disk.settle { try start() }
    }

    /// The recorder opens the journal, at the beginning or after it was killed.
    private func start() throws {
        clock.set(lateClock.clock.now)
        let opened = try Schedule.open(disk, geometry, configuration, clock)
        opened.monitor.insteadOfWaiting = { [unowned self, unowned opened] in self.work(of: opened) }
        writer = opened
        builder = try opened.blocks.makeBuilder()
        seen = WriterPosition(sequence: 0, offset: .zero)
        follower = nil
    }

    /// Somebody starts the recorder again after it stopped with an error, on a disk that works now.
    ///
    /// What had not been synced may be gone, and what came back is what was appended.
    func startAgain() throws {
        writer = nil
        follower = nil
        disk.forgetLocks()
        try disk.settle { try start() }
        guard let writer else { return }
        isStopped = false
        let recovered = try Recovered(disk, geometry, writer.endOffset)
        try recovered.check(appended, killed: false)
        appended.bytes.removeLast(appended.bytes.count - recovered.bytes.count)
        appended.holes = recovered.gaps
        let back = Set(recovered.events)
        appended.events.removeAll { !back.contains($0.json) }
        // A follower that had handed on more, without a sync, would go on from its checkpoint.
        promise(writer)
    }

    static func open(
        _ disk: SimulatedDisk,
        _ geometry: TailGeometry,
        _ configuration: JournalWriterConfiguration,
        _ clock: ManualClock
    ) throws -> JournalWriter {
        try JournalWriter(
            SourceFolder(journal: journal, source: .filtered, disk: disk, geometry: geometry),
            catalog: { nil },
            configuration: configuration,
            clock: clock.clock,
            startsThreads: false
        )
    }

    /// Does one random thing; false when the recorder has stopped, as it must after a failed write or sync.
    func step() throws -> Bool {
        guard let writer else { return false }
        do {
            switch Int.random(in: 0..<16, using: &random) {
            case 0..<6: try append(writer)
            case 6: try appendEvent(writer)
            case 7..<10: work(of: writer)
            case 10: try sync(tailOf: writer)
            case 11: try writer.sync()
            case 12, 13: try follow()
            case 14: turnClock()
            default: try end(writer)
            }
        } catch let error as JournalError where [.io, .failed].contains(error.code) {
            isStopped = true
        } catch is FileError {
            isStopped = true
        }
        if let writer = self.writer { promise(writer) }
        return !isStopped && writer.failure == nil
    }

    private func turnClock() {
        clock.advance(by: .microseconds(Int.random(in: -3_000_000...5_000_000, using: &random)))
        lateClock.set(max(lateClock.clock.now, clock.clock.now))
    }

    private func promise(_ writer: JournalWriter) {
        appended.promise.synced = max(appended.promise.synced, writer.monitor.withLock { $0.synced })
    }

    private func append(_ writer: JournalWriter) throws {
        var delivery: [UInt8] = []
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            number += 1
            delivery += Array("\(number)".utf8)
            delivery += [UInt8](repeating: 120, count: Int.random(in: 0...200, using: &random)) + [13, 10]
        }
        if delivery.isEmpty || Bool.random(using: &random) { delivery += Array("part \(number)".utf8) }
        if let length = deliveryLength {
            delivery += [UInt8](repeating: 46, count: max(0, length - delivery.count))
            delivery.removeLast(delivery.count - length)
        }
        // Noted first: a failed append may have committed what it was given.
        appended.bytes += delivery
        try writer.append(delivery)
    }

    private func appendEvent(_ writer: JournalWriter) throws {
        number += 1
        let kind =
            [EventKind.opened, EventKind.closed, EventKind.rules, "other"].randomElement(using: &random) ?? "other"
        let fields: [(String, EventValue)] = [("number", .integer(Int64(number)))]
        appended.events.append(
            (writer.monitor.withLock { $0.position.sequence } + 1, EventValue.event(kind: kind, fields: fields))
        )
        try writer.append(event: kind, fields: fields)
    }

    /// One piece of a thread's work, if there is any.
    private func work(of writer: JournalWriter) {
        do {
            let unsynced = writer.monitor.withLock { $0.unsynced }
            if !unsynced.isEmpty, Bool.random(using: &random) {
                try writer.blockSyncs.perform(
                    Array(unsynced.prefix(Int.random(in: 1...unsynced.count, using: &random)))
                )
            } else if let (work, ticket) = writer.monitor.withLock({ $0.takeWork() }), let builder {
                try writer.blocks.perform(work, ticket, builder)
            } else if !unsynced.isEmpty {
                try writer.blockSyncs.perform(unsynced)
            }
        } catch {
            writer.monitor.withLock {
                $0.fail(error as? JournalError ?? JournalError(.failed, "simulated", cause: error))
            }
        }
    }

    private func sync(tailOf writer: JournalWriter) throws {
        let (position, synced) = writer.monitor.withLock { ($0.position, $0.synced) }
        if synced < seen { try writer.tailSyncs.perform(upTo: position) }
        seen = position
    }

    /// A follower reads what there is, makes it durable, hands it on and saves its checkpoint.
    private func follow() throws {
        let reader =
            try follower
            ?? RecordReader(
                journal: Journal(directory: Schedule.journal, disk: disk, geometry: geometry),
                source: .filtered,
                from: .offset(appended.promise.checkpoint),
                to: .never
            )
        follower = reader
        var last: ByteOffset?
        while let batch = try reader.nextBatch() { last = batch.records.last?.endOffset ?? last }
        guard let last else { return }
        try reader.sync()
        appended.promise.handedOn = max(appended.promise.handedOn, last)
        appended.promise.checkpoint = max(appended.promise.checkpoint, reader.position)
    }

    /// The recorder is closed or killed, and starts again.
    private func end(_ writer: JournalWriter) throws {
        if Bool.random(using: &random) {
            _ = writer.beginClosing()
            while writer.failure == nil, writer.monitor.withLock({ !$0.work.isEmpty || !$0.unsynced.isEmpty }) {
                work(of: writer)
            }
            promise(writer)
            try writer.endClosing()
        }
        self.writer = nil
        follower = nil
        disk.forgetLocks()
        try start()
        // A kill loses at most the delivery in hand; what came back is what counts from here on.
        guard let writer = self.writer else { return }
        try Recovered(disk, geometry, writer.endOffset).check(appended, killed: true)
    }
}

extension SimulatedDisk {
    /// Runs a body without faults.
    func settle(_ body: () throws -> Void) rethrows {
        let kept = faults
        faults = Faults()
        defer { faults = kept }
        try body()
    }
}
