import Foundation
import Journal
import Simulator
import Synchronization
import TestSupport
import Testing
import Time

/// A simulator in the test's own process, and a journal with posts that it streamed hours ago by its clock.
///
/// Nothing is due in the first minutes of a post, so the journal is written by a clock that is behind; then the clock goes right.
final class RefreshTrial {
    let folder: TemporaryFolder
    let simulator: Simulator

    var journal: String { folder.path + "/journal" }
    var truth: SimulatedTruth { get throws { try #require(simulator.truth) } }

    /// - Parameters:
    ///   - posts: how many are streamed.
    ///   - age: how long ago.
    init(
        posts: Int,
        age: Duration = .seconds(2 * 3_600),
        _ change: (inout LookupSettings) -> Void = { _ in },
        simulator changeSimulator: (inout SimulatorConfiguration) -> Void = { _ in }
    ) throws {
        folder = try TemporaryFolder()
        let shift = SharedShift(age)
        var settings = LookupSettings()
        settings.fates = .none
        change(&settings)
        var configuration = SimulatorConfiguration()
        configuration.posts = .generated(seed: 7, start: nil)
        configuration.rate = .unlimited
        configuration.faults = [SimulatedFault(connection: nil, kind: .close, position: .records(posts))]
        configuration.lookups = settings
        changeSimulator(&configuration)
        simulator = try Simulator(configuration, clock: shift.clock)
        let writer = try JournalWriter(directory: folder.path + "/journal", source: .filtered, clock: shift.clock)
        let connection = try #require(RawConnection(port: simulator.port))
        let fields = "public_metrics,created_at,author_id,lang,referenced_tweets"
        connection.request("/2/tweets/search/stream?tweet.fields=\(fields)")
        connection.read(for: .seconds(60)) { $0.suffix(5).elementsEqual("0\r\n\r\n".utf8) }
        let content = connection.content
        var start = 0
        while start < content.count {
            let end = min(start + 16_384, content.count)
            try content[start..<end].withUnsafeBytes { try writer.append($0) }
            start = end
        }
        try writer.close()
        shift.end()
    }

    deinit { simulator.stop() }

    func start(_ words: [String], environment: [String: String] = [:]) throws -> RunningProgram {
        try RunningProgram(
            Surroundings.reprise(),
            ["refresh", "--journal", journal] + words,
            in: folder,
            environment: ["X_API_URL": simulator.url, "BEARER_TOKEN": "canary-refresh"].merging(environment) { $1 }
        )
    }

    func refresh(_ words: String...) throws -> RunningProgram.Result { try start(words).wait(seconds: 120) }

    /// The posts that are read again: those that are no reposts.
    var readable: [UInt64] {
        get throws {
            let (truth, now) = (try truth, WallClock.system.now)
            return truth.streamedIDs.filter { truth.post($0, at: now)?.repostedID == nil }
        }
    }
}

/// A clock that is behind until it is put right.
private final class SharedShift: Sendable {
    private let shift: Mutex<Duration>

    init(_ shift: Duration) { self.shift = Mutex(shift) }

    var clock: WallClock { WallClock { [self] in WallClock.system.now - shift.withLock { $0 } } }

    func end() { shift.withLock { $0 = .zero } }
}
