import Index
import Testing
import Time

@testable import Dashboard

@Suite struct SummaryTests {
    private let now = Timestamp(microseconds: 1_780_000_000_000_000)

    private func summary(_ categories: [IndexSummary.Category]) -> Summary {
        Summary(IndexSummary(categories: categories, newest: nil), sides: Side.catsAndDogs, now: now)
    }

    @Test func categoriesAreAddedUpBySide() {
        let summary = summary([
            .init(name: "", total: 7, recent: 1), .init(name: "cats with images", total: 50, recent: 20),
            .init(name: "cats with videos", total: 60, recent: 10),
            .init(name: "dogs with images", total: 70, recent: 5),
        ])
        #expect(
            summary.sides == [.init(name: "cats", total: 110, today: 30), .init(name: "dogs", total: 70, today: 5)]
        )
        #expect(summary.total == 187)
        #expect(summary.today == 36)
        #expect(summary.leader == "cats")
        #expect(
            summary.categories.map(\.name)
                == ["cats with videos", "cats with images", "dogs with images", "without a category"]
        )
        #expect(summary.day == "2026-05-28")
    }

    @Test func manyCategoriesAreFoldedAndNothingIsLost() {
        let many = (1...400).map { IndexSummary.Category(name: "topic \($0) cats", total: $0, recent: 1) }
        let summary = summary(many)
        #expect(summary.categories.count == Summary.categoryLimit)
        #expect(summary.categories.reduce(0) { $0 + $1.total } == summary.total)
        #expect(summary.categories.reduce(0) { $0 + $1.today } == 400)
        #expect(summary.sides[0].total == summary.total)
    }

    @Test func likesAreAddedUpBySideAndOfWhatIsFolded() {
        let many = (1...400).map {
            IndexSummary.Category(name: "topic \($0) dogs", total: $0, recent: 1, likes: 3 * $0, counted: $0 - 1)
        }
        let cats = [IndexSummary.Category(name: "cats", total: 9, recent: 0, likes: 70, counted: 7)]
        let summary = summary(many + cats)
        #expect(summary.sides.map(\.likes) == [70, 240_600])
        #expect(summary.sides.map(\.counted) == [7, 79_800])
        #expect(summary.categories.reduce(0) { $0 + $1.likes } == summary.likes && summary.likes == 240_670)
        #expect(summary.categories.reduce(0) { $0 + $1.counted } == summary.counted && summary.counted == 79_807)
    }

    @Test func theMostLikedSayWhatCameSinceTheReadingBefore() {
        func post(_ likes: Int, before: Int?) -> Index.LikedPost {
            Index.LikedPost(
                id: "1",
                category: before == nil ? "" : "cats",
                text: nil,
                newest: .init(likes: likes, observedAt: now),
                earlier: before.map { .init(likes: $0, observedAt: now - .seconds(60)) }
            )
        }
        let shown = Summary(
            IndexSummary(categories: [], newest: nil),
            mostLiked: [post(9, before: 4), post(3, before: 8), post(1, before: nil), post(.max, before: .min)],
            sides: Side.catsAndDogs,
            now: now
        ).mostLiked
        #expect(shown.prefix(3).map(\.gained) == [5, -5, nil])
        #expect(shown.prefix(3).map(\.side) == ["cats", "cats", nil])
        #expect(shown[0].gainedSince == "2026-05-28T20:25:40.000000Z" && shown[2].gainedSince == nil)
    }

    @Test(arguments: Timeline.Range.allCases)
    func theLastBucketHoldsTheMomentAsked(range: Timeline.Range) {
        for offset in [0, 1, 59_999_999, 60_000_000, 899_999_999] as [Int64] {
            let time = Timestamp(microseconds: 1_780_000_200_000_000 + offset)
            let start = range.start(at: time)
            let length = Int64(range.bucketMinutes) * 60_000_000
            #expect(start.rawValue % length == 0)
            #expect((time.rawValue - start.rawValue) / length == Int64(range.bucketCount) - 1)
        }
    }

    @Test func labelsOfMetricsAreEscaped() {
        let text = Metrics.text(
            summary([.init(name: "a \"cat\"\\\n", total: 3, recent: 2)]),
            streams: 1,
            isHealthy: true
        )
        #expect(text.contains("reprise_index_posts{category=\"a \\\"cat\\\"\\\\\\n\"} 3\n"))
        #expect(text.contains("reprise_page_event_streams 1\n"))
        #expect(!text.contains("likes_timestamp"))
        #expect(text.hasSuffix("\n"))
    }

    @Test func anEventIsFramedInLines() {
        let frame = EventFrame.event("summary", id: 7, data: Array("{}".utf8))
        #expect(String(decoding: frame, as: UTF8.self) == "id: 7\nevent: summary\ndata: {}\n\n")
    }

    @Test(arguments: [1, 7, 4_096])
    func aClientThatReadsSlowlySkipsToTheNewestState(bufferSize: Int) {
        let feed = SummaryFeed(streamLimit: 1, streamsPerClient: 1)
        var writer = EventWriter()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 1)
        defer { buffer.deallocate() }
        func read(isQuiet: Bool = false) -> String {
            var bytes: [UInt8] = []
            while true {
                let count = writer.write(into: buffer, newest: feed.newest, isQuiet: isQuiet && bytes.isEmpty)
                guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
                bytes += buffer[..<count]
            }
        }
        #expect(read() == "retry: 2000\n\n")
        for number in 1...1_000 { feed.publish(summary([]), json: Array("{\"n\":\(number)}".utf8)) }
        #expect(read() == "id: 1000\nevent: summary\ndata: {\"n\":1000}\n\n")
        #expect(read().isEmpty)
        #expect(read(isQuiet: true) == ": still here\n\n")
    }

    @Test func aSummaryIsDueWhenTheIndexChangedOrTheDayDid() {
        let noon = Timestamp(microseconds: 1_780_012_800_000_000)
        func answers(
            _ interval: Duration,
            quiet: Duration = .seconds(60),
            _ polls: [(counter: Int64, seconds: Int)]
        ) -> [Bool] {
            var watch = IndexWatch(eventInterval: interval, quietInterval: quiet)
            return polls.map { watch.isDue(counter: $0.counter, now: noon + .seconds($0.seconds)) }
        }
        #expect(
            answers(.zero, [(1, 0), (1, 1), (2, 1), (2, 2), (2, 86_400), (2, 86_401)])
                == [true, false, true, false, true, false]
        )
        // After a quiet while the same is told anew.
        #expect(answers(.zero, quiet: .zero, [(1, 0), (1, 1)]) == [true, true])
        // What changed too soon after an event is told later.
        #expect(answers(.seconds(60), [(1, 0), (2, 0)]) == [true, false])
    }

    @Test func whatCouldNotBeReadIsDueAgain() {
        let noon = Timestamp(microseconds: 1_780_012_800_000_000)
        var watch = IndexWatch(eventInterval: .zero, quietInterval: .seconds(60))
        let first = watch.isDue(counter: 1, now: noon)
        watch.retry()
        let second = watch.isDue(counter: 1, now: noon)
        #expect(first && second)
    }
}
