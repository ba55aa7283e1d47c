internal import Files
internal import Lifecycle

/// Checks segments on several threads and gives them out in order; no more are held than there are threads, and as many again.
final class SegmentReading: Sendable {
    private struct State {
        var taken = 0
        var given = 0
        var done: [Int: Result<SegmentCheck?, any Error>] = [:]
        var isStopped = false
    }

    private let monitor = Monitor(State())
    private let folder: SourceFolder
    private let segments: [(id: SegmentID, isSealed: Bool?)]
    private let jobs: Int

    init(_ folder: SourceFolder, _ segments: [(id: SegmentID, isSealed: Bool?)], jobs: Int) throws {
        self.folder = folder
        self.segments = segments
        self.jobs = max(1, jobs)
        for _ in 0..<min(self.jobs, segments.count) { _ = try WorkerThread(name: "verify") { self.work() } }
    }

    /// The next segment, in order; nil behind the last, nil as its check where it has no file.
    func next() throws -> (SegmentID, SegmentCheck?)? {
        let (index, result) = monitor.untilReady { state -> (Int, Result<SegmentCheck?, any Error>?)? in
            if state.given == segments.count { return (state.given, nil) }
            guard let result = state.done.removeValue(forKey: state.given) else { return nil }
            state.given += 1
            return (state.given - 1, result)
        }
        monitor.signal()
        guard let result else { return nil }
        return (segments[index].id, try result.get())
    }

    /// Lets the threads end; call it when no more is wanted.
    func stop() {
        monitor.withLock { $0.isStopped = true }
        monitor.signal()
    }

    private func work() {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: TailGeometry.standard.slotSize,
            alignment: 64
        )
        defer { buffer.deallocate() }
        while let index = nextIndex() {
            let result = Result { try check(segments[index], buffer) }
            monitor.withLock { $0.done[index] = result }
            monitor.signal()
        }
    }

    private func nextIndex() -> Int? {
        monitor.untilReady { state -> Int?? in
            if state.isStopped || state.taken == segments.count { return .some(nil) }
            guard state.taken < state.given + 2 * jobs else { return nil }
            state.taken += 1
            return state.taken - 1
        }
    }

    private func check(
        _ segment: (id: SegmentID, isSealed: Bool?),
        _ buffer: UnsafeMutableRawBufferPointer
    ) throws
        -> SegmentCheck?
    {
        guard let isSealed = segment.isSealed else { return nil }
        do { return try SegmentCheck(folder, segment.id, isSealed: isSealed, buffer: buffer) } catch {
            // The recorder may have sealed it since the folder was listed.
            guard !isSealed, (error as? FileError)?.code == .notFound else { throw error }
            return try SegmentCheck(folder, segment.id, isSealed: true, buffer: buffer)
        }
    }
}
