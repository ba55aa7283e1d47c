import Journal
import Lifecycle
import Synchronization
import TestSupport
import Testing

@testable import Replayer

@Suite struct ReplayProgressTests {
    /// What the progress line was told, in order.
    private func progress(_ folder: TemporaryFolder, _ configuration: ReplayConfiguration) throws -> [ReplayProgress] {
        let told = Mutex<[ReplayProgress]>([])
        let replayer = Replayer(
            journal: try Journal(directory: folder.path),
            configuration: configuration,
            sink: MemorySink(),
            checkpoint: nil,
            onProgress: { state in told.withLock { $0.append(state) } }
        )
        try replayer.run(ShutdownSignal())
        return told.withLock { $0 }
    }

    /// The first delivery counts too, of which a short replay has no second one.
    @Test(arguments: [0, 40])
    func progressGoesFromTheStartOfTheRangeToItsEnd(skipped: Int) throws {
        let folder = try TemporaryFolder()
        let writer = try JournalWriter(directory: folder.path, source: .filtered)
        try writer.append(event: "opened", fields: [])
        for id in 1...100 { try writer.append(post(id)) }
        let end = writer.endOffset
        try writer.close()
        let start = ByteOffset(rawValue: UInt64((0..<skipped).reduce(0) { $0 + post($1 + 1).utf8.count }))
        let configuration = ReplayConfiguration(start: .offset(start), batchDocumentLimit: 30)
        let told = try progress(folder, configuration)
        #expect(told.count >= 2)
        #expect(told.allSatisfy { $0.bytesTotal == end - start })
        #expect(told.first.map { $0.bytesDone > 0 } == true)
        #expect(told.map(\.bytesDone) == told.map(\.bytesDone).sorted())
        #expect(told.last?.bytesDone == end - start)
        #expect(told.last?.books.records == 100 - skipped)
    }

    /// By what is left where ranges have an end, and by the lag where they have none.
    @Test func theLongerWayToGoIsTheLessFar() {
        func state(_ done: Int = 5, of total: Int? = nil, lag: Duration? = nil) -> ReplayProgress {
            ReplayProgress(bytesDone: done, bytesTotal: total, books: ReplayBooks(), lag: lag)
        }
        #expect(state(10, of: 100).isLessFar(than: state(11, of: 100)))
        #expect(state(0, of: 5).isLessFar(than: state(90, of: 100)) == false)
        #expect(state(lag: .seconds(2)).isLessFar(than: state(lag: .seconds(1))))
        #expect(state(lag: .zero).isLessFar(than: state(lag: .zero)) == false)
    }
}
