import Failures
import Foundation
import Journal
import Lifecycle
import TestSupport
import Testing
import Time

@testable import Replayer
@testable import Sinks

/// Whatever way a range takes into a bucket, the objects are the same.
@Suite(.timeLimit(.minutes(60)))
struct S3DeliveryTests {
    private static let step = Duration.seconds(30)

    /// 200 posts in 100 minutes: seven or eight windows.
    private func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try S3Fixture.record(folder.path, posts: 200, every: Self.step)
        return folder
    }

    @Test func anObjectHoldsWhatArrivedInItsWindowAndEveryReplayMakesItAgain() throws {
        let folder = try folder()
        let double = S3Double()
        func replay() throws -> S3Delivery {
            let delivery = try S3Fixture.delivery(double.server.url)
            let books = try S3Fixture.replay(folder.path, delivery)
            #expect(books.accepted == 200 && books.documents == 200)
            return delivery
        }
        let first = try replay()
        let objects = double.state.objects
        #expect(objects.count == 7 && first.totals.objects == 7 && first.totals.found == 0)
        let prefix = "x/source=filtered/date=2025-11-27/hour=14/20251127T140000Z-15m-0000000000000000-"
        let key = try #require(objects.keys.min())
        #expect(key.hasPrefix(prefix) && key.hasSuffix(".ndjson"), "\(key)")
        #expect(try S3Fixture.lines(objects) == S3Fixture.lines(folder.path))
        let second = try replay()
        #expect(second.totals.objects == 7 && second.totals.found == 7)
        #expect(double.state.objects == objects)
        #expect(double.state.heads.allSatisfy { $0.contains("AWS4-HMAC-SHA256") })
    }

    @Test(arguments: S3Options.Compression.allCases)
    func partsMakeTheSameObjectAsOnePut(compression: S3Options.Compression) throws {
        let folder = try folder()
        let (whole, parts) = (S3Double(), S3Double())
        for (double, partSize) in [(whole, 5 << 20), (parts, 300), (parts, 300)] {
            let delivery = try S3Fixture.delivery(double.server.url, partSize: partSize, compression: compression)
            #expect(try S3Fixture.replay(folder.path, delivery).accepted == 200)
            #expect(delivery.totals.objects == 7)
        }
        #expect(whole.state.objects == parts.state.objects)
        // A compressor keeps so little to itself until the end.
        let isInParts = parts.state.heads.contains { $0.contains("partNumber=2&") }
        #expect(isInParts == (compression == .none) && parts.state.uploads.isEmpty)
    }

    /// REPRISE_TEST_S3_SEEDS sets how many.
    @Test func whateverFailsTheObjectsAreTheSame() throws {
        let seeds = Int(ProcessInfo.processInfo.environment["REPRISE_TEST_S3_SEEDS"] ?? "") ?? 8
        var random = SeededRandom()
        let folder = try folder()
        let calm = S3Double()
        try S3Fixture.replay(
            folder.path,
            S3Fixture.delivery(calm.server.url, partSize: 1_500)
        )
        let expected = calm.state.objects
        #expect(expected.count == 7)
        var kinds: Set<String> = []
        for _ in 0..<seeds {
            let seed = random.next()
            let double = S3Double(seed: seed, faults: 20)
            let partSize = Bool.random(using: &random) ? 1_500 : 5 << 20
            let delivery = try S3Fixture.delivery(double.server.url, seed: seed, partSize: partSize)
            let accepted = try S3Fixture.replay(folder.path, delivery).accepted
            #expect(accepted == 200 && double.state.objects == expected, "\(random), seed \(seed)")
            kinds.formUnion(double.state.calls.keys)
        }
        #expect(kinds.count >= 6, "\(kinds)")
    }

    @Test func halvesMakeTheSameObjectsWhereAWindowEndsAndTheSameDocumentsEverywhere() throws {
        let folder = try folder()
        let all = try S3Fixture.lines(folder.path)
        let whole = S3Double()
        try S3Fixture.replay(folder.path, S3Fixture.delivery(whole.server.url))
        for seconds in [2_700, 2_710, 3_000, 3_580] {
            let middle = S3Fixture.start + .seconds(seconds)
            let double = S3Double()
            let offset = try Journal(directory: folder.path).offset(of: middle, in: .filtered)
            let byTime = [ReplayConfiguration(end: .time(middle)), ReplayConfiguration(start: .time(middle))]
            let byOffset = [ReplayConfiguration(end: .offset(offset)), ReplayConfiguration(start: .offset(offset))]
            for range in [2_710, 3_580].contains(seconds) ? byOffset : byTime {
                try S3Fixture.replay(
                    folder.path,
                    S3Fixture.delivery(double.server.url),
                    range
                )
            }
            let found = double.state.objects
            #expect(S3Fixture.lines(found) == all, "\(seconds)")
            // The window's first record arrived at 2,710 s.
            if seconds < 3_000 { #expect(found == whole.state.objects) }
            let others = found.filter { whole.state.objects[$0.key] != $0.value }.keys.sorted()
            // One that the first half cuts off, one that the second half begins in the middle of.
            #expect(seconds < 3_000 ? others.isEmpty : others.count == 2 && others[0].contains(".part."), "\(others)")
        }
    }

    @Test func aWindowThatMayGetMoreIsCutAndOneWithALaterRecordIsNot() throws {
        let folder = try folder()
        let (whole, young) = (S3Double(), S3Double())
        try S3Fixture.replay(folder.path, S3Fixture.delivery(whole.server.url))
        // The moment of the last record: 70 s into the seventh window, and 10 s behind a record of it.
        let clock = ManualClock(S3Fixture.start + .seconds(6_080)).clock
        try S3Fixture.replay(folder.path, S3Fixture.delivery(young.server.url), clock: clock)
        let cut = young.state.objects.filter { whole.state.objects[$0.key] != $0.value }.keys.sorted()
        #expect(young.state.objects.count == 7 && cut.count == 1 && cut[0].contains("T153000Z"), "\(cut)")
        // A window that is over for 3 s: only the record behind it says that it is whole.
        let double = S3Double()
        let range = ReplayConfiguration(end: .time(S3Fixture.start + .seconds(5_401)))
        let early = ManualClock(S3Fixture.start + .seconds(5_403)).clock
        try S3Fixture.replay(folder.path, S3Fixture.delivery(double.server.url), range, clock: early)
        #expect(double.state.objects.allSatisfy { whole.state.objects[$0.key] == $0.value })
        #expect(double.state.objects.count == 6)
    }

    @Test func aLimitMakesPiecesAndACheckpointGoesOnBehindThem() throws {
        let folder = try folder()
        let double = S3Double()
        var accepted = 0
        for _ in 0..<4 {
            let delivery = try S3Fixture.delivery(double.server.url, partSize: 1_000)
            let range = ReplayConfiguration(documentLimit: 60)
            accepted += try S3Fixture.replay(folder.path, delivery, range, checkpoint: "a").accepted
        }
        #expect(accepted == 200)
        #expect(try S3Fixture.lines(double.state.objects) == S3Fixture.lines(folder.path))
        let keys = double.state.objects.keys
        #expect(keys.allSatisfy { $0.contains(".part.") } && keys.count > 10)
    }

    @Test func sourcesHaveObjectsOfTheirOwn() throws {
        let folder = try folder()
        let other = try #require(SourceName(rawValue: "sample"))
        try S3Fixture.record(folder.path, posts: 50, every: .seconds(60), source: other)
        let double = S3Double()
        try S3Fixture.replay(folder.path, S3Fixture.delivery(double.server.url))
        let samples = double.state.objects.filter { $0.key.contains("/source=sample/") }
        let lines = try S3Fixture.lines(folder.path, ReplayConfiguration(sources: [other]))
        #expect(samples.count == 4 && S3Fixture.lines(samples) == lines)
        #expect(double.state.objects.count == 11)
    }
}
