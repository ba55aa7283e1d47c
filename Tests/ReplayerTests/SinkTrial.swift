import Failures
import Files
import Lifecycle
import SQLite
import TestSupport
import Time
import Transform

@testable import Journal
@testable import Replayer
@testable import Sinks

/// One journal, and the replay of it into a local sink, on a simulated disk.
struct SinkTrial {
    enum Kind: CaseIterable { case ndjson, sqlite }

    let kind: Kind
    private(set) var reference: [String] = []
    private let prepared: DiskState
    private let seed: UInt64
    private let batchLimit: Int
    private let interval: Duration
    private static let geometry = TailGeometry(slotCount: 4, slotSize: 4_096)
    private static let file = "/out.ndjson"

    init(_ kind: Kind, _ random: SeededRandom) throws {
        var random = random
        self.kind = kind
        seed = random.next()
        batchLimit = Int.random(in: 1...6, using: &random)
        interval = [.zero, .seconds(60)].randomElement(using: &random) ?? .zero
        let disk = SimulatedDisk(DiskState(), SeededRandom(seed: seed))
        let posts = Int.random(in: 5...25, using: &random)
        // Every fifth is a newer version of an older post.
        let ids = (1...posts).map { $0.isMultiple(of: 5) ? $0 / 5 : $0 }
        try SinkTrial.record(ids.enumerated().map { post($0.element, likes: $0.offset) }, on: disk)
        disk.state.settle()
        prepared = disk.state
        let whole = SimulatedDisk(prepared, SeededRandom(seed: seed))
        try replay(on: whole)
        reference = try content(of: whole)
        guard reference.count == (kind == .ndjson ? posts : Set(ids).count) else {
            throw Wrong(description: "\(reference.count) documents of \(posts) posts")
        }
    }

    struct Wrong: Error, CustomStringConvertible { let description: String }

    func disk() -> SimulatedDisk { SimulatedDisk(prepared, SeededRandom(seed: seed)) }

    /// Replays until something ends it, which is killed or loses power at one of its changes; what is left.
    func interrupt(
        _ disk: SimulatedDisk,
        _ random: inout SeededRandom,
        isCut: Bool? = nil
    ) throws -> SimulatedDisk {
        var states: [DiskState] = []
        disk.beforeChange = { states.append($0) }
        if Int.random(in: 0..<4, using: &random) == 0 {
            disk.failingChange = Int.random(in: 1...60, using: &random)
        }
        do { try replay(on: disk) } catch { disk.failingChange = nil }
        disk.noteDatabases()
        states.append(disk.state)
        guard var left = states.randomElement(using: &random) else { return disk }
        if isCut ?? Bool.random(using: &random) { left.cutPower(&random) }
        return SimulatedDisk(left, SeededRandom(seed: random.next()))
    }

    func replay(on disk: SimulatedDisk) throws {
        let journal = try Journal(directory: "/journal", disk: disk, geometry: SinkTrial.geometry)
        let sink: any Sink =
            switch kind {
            case .ndjson: try NDJSONSink(path: SinkTrial.file, resuming: true, disk: disk)
            case .sqlite: try SimulatedIndex(disk)
            }
        let isCut = (sink as? any FileSink)?.length == 0
        let checkpoint = try Checkpoint(
            journal: journal,
            name: "a",
            sink: sink.identity,
            transform: "t",
            place: kind == .ndjson ? SinkTrial.file : "",
            rebinding: isCut ? .resumes : kind == .sqlite ? .startsOver : nil
        )
        let replayer = Replayer(
            journal: journal,
            configuration: ReplayConfiguration(batchDocumentLimit: batchLimit, checkpointInterval: interval),
            delivery: LocalDelivery(sink),
            checkpoint: checkpoint
        )
        try replayer.run(ShutdownSignal())
    }

    /// What the sink holds: lines in their order, or rows by their ids.
    func content(of disk: SimulatedDisk) throws -> [String] {
        guard kind == .ndjson else { return try SimulatedIndex.rows(of: disk) }
        guard let file = disk.state.names[SinkTrial.file] else { return [] }
        let text = String(decoding: disk.state.files[file].content, as: UTF8.self)
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    private static func record(_ posts: [String], on disk: SimulatedDisk) throws {
        let writer = try JournalWriter(
            SourceFolder(journal: "/journal", source: .filtered, disk: disk, geometry: geometry),
            catalog: { nil },
            configuration: .init(),
            clock: ManualClock(Timestamp(rawValue: 1_800_000_000_000_000)).clock,
            startsThreads: false
        )
        let builder = try writer.blocks.makeBuilder()
        func work() throws {
            while let (work, ticket) = writer.monitor.withLock({ $0.takeWork() }) {
                try writer.blocks.perform(work, ticket, builder)
            }
            let unsynced = writer.monitor.withLock { $0.unsynced }
            if !unsynced.isEmpty { try writer.blockSyncs.perform(unsynced) }
        }
        for post in posts {
            try writer.append(post)
            try work()
        }
        _ = writer.beginClosing()
        try work()
        try writer.endClosing()
        disk.forgetLocks()
    }
}

/// The embedded index on a simulated disk: SQLite's own file, with each sync told to the disk.
private final class SimulatedIndex: Sink {
    private static let file = "/index.sqlite"
    private let disk: SimulatedDisk
    private let index: SQLiteSink
    private var failure: SinkError?

    init(_ disk: SimulatedDisk) throws {
        self.disk = disk
        index = try SQLiteSink(path: disk.databasePath(SimulatedIndex.file), transformDigest: "t")
        disk.noteDatabases()
        // As the index does itself.
        try disk.noteSync(of: SimulatedIndex.file)
    }

    var kind: SinkKind { index.kind }
    var identity: String { index.identity }

    func deliver(_ batch: DocumentBatch) throws -> DeliveryCounts {
        defer { disk.noteDatabases() }
        return try index.deliver(batch)
    }

    func flush() throws {
        if let failure { throw failure }
        do {
            try index.flush()
            try disk.noteSync(of: SimulatedIndex.file)
        } catch {
            // As the index does itself where the disk fails it.
            let failure = SinkError(.io, "\(error)", cause: .storage)
            self.failure = failure
            throw failure
        }
    }

    func close() throws {
        try flush()
        try index.close()
        disk.noteDatabases()
    }

    static func rows(of disk: SimulatedDisk) throws -> [String] {
        let connection = try Connection(path: disk.databasePath(file), mode: .readOnly)
        let select = try connection.prepare("SELECT tweet_id, likes, version FROM posts ORDER BY tweet_id")
        var rows: [String] = []
        while try select.step() {
            rows.append((0..<select.columnCount).map { select.string($0) ?? "-" }.joined(separator: "|"))
        }
        return rows
    }
}
