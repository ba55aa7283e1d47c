import Foundation
import HTTPClient
import Lifecycle
import Logging
import SQLite
import TestSupport
import Testing
import Time

@testable import Dashboard
@testable import Index
@testable import Transform

/// A page over an index of its own, on a port of its own.
private final class Page {
    let folder: TemporaryFolder
    let path: String
    let clock = ManualClock(Timestamp(microseconds: 1_780_012_830_000_000))
    let logs = MemoryLogSink()
    let service: DashboardService
    private let shutdown = ShutdownSignal()
    private let thread: Thread
    private let ended = DispatchSemaphore(value: 0)
    let port: UInt16

    init(
        heartbeat: Duration = .seconds(15),
        chartScript: String = "/usr/share/javascript/chart.js/chart.min.js"
    ) throws {
        folder = try TemporaryFolder()
        path = "\(folder.path)/index.sqlite"
        try IndexWriter(path: path, transformDigest: "d").close()
        let configuration = DashboardConfiguration(
            port: 0,
            chartScriptPath: chartScript,
            pollInterval: .milliseconds(10),
            eventInterval: .milliseconds(20),
            quietInterval: .seconds(60),
            heartbeatInterval: heartbeat
        )
        let service = try DashboardService(
            index: path,
            configuration: configuration,
            clock: clock.clock,
            logger: Logger(label: "test", level: .trace, sink: logs)
        )
        self.service = service
        port = try #require(service.url.split(separator: ":").last.flatMap { UInt16($0) })
        let (shutdown, ended) = (shutdown, ended)
        thread = Thread {
            try? service.run(shutdown)
            ended.signal()
        }
        thread.start()
    }

    deinit {
        shutdown.request()
        _ = ended.wait(timeout: .now() + 5)
    }

    /// Puts counts into the index as another process would: in its tables, in one transaction.
    func count(_ category: String, _ count: Int64, minutesAgo: Int64 = 0) throws {
        let connection = try Connection(path: path)
        let minute = clock.clock.now.rawValue / 60_000_000 - minutesAgo
        try connection.transaction {
            let total = try connection.prepare(
                "INSERT INTO totals (category, count) VALUES (?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count"
            )
            try total.bind(category, at: 0)
            try total.bind(count, at: 1)
            try total.run()
            let minutes = try connection.prepare(
                "INSERT INTO minutes VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count"
            )
            try minutes.bind(minute, at: 0)
            try minutes.bind(category, at: 1)
            try minutes.bind(count, at: 2)
            try minutes.run()
        }
    }

    /// Delivers a post as the journal would: its record, or its end.
    func deliver(_ id: String, likes: Int?, text: String = "", minutesAgo: Int64 = 0) throws {
        let batch = DocumentBatch()
        let arrival = clock.clock.now - .seconds(60 * minutesAgo)
        if let likes {
            let post = RecordInHand(
                data: .init(id: id, text: text, public_metrics: .init(like_count: likes)),
                matching_rules: [.init(tag: "cats")]
            )
            let line = Array(try JSONEncoder().encode(post))
            let outcome = (line + [UInt8](repeating: 0, count: DefaultTransform.padding)).withUnsafeBytes {
                DefaultTransform().transform(
                    UnsafeRawBufferPointer(rebasing: $0[..<line.count]),
                    offset: 0,
                    arrival: arrival,
                    ordinal: 0,
                    into: batch
                )
            }
            #expect(outcome == .yielded(1))
        } else {
            #expect(batch.addTombstone(of: id, offset: 0, number: 0, arrival: arrival, ordinal: 0))
        }
        let index = try IndexWriter(path: path, transformDigest: "d")
        #expect(try index.apply(batch).accepted == 1)
        try index.close()
    }

    func get(_ target: String, method: String = "GET", host: String? = nil) throws -> HTTPClientResponse {
        let client = try HTTPClient(configuration: HTTPClientConfiguration(userAgent: "test"))
        let headers = host.map { [(name: "Host", value: $0)] } ?? []
        return try client.send(
            HTTPClientRequest(method: method, url: service.url + target, headers: headers),
            timeout: .seconds(5),
            bodyLimit: 1 << 20
        )
    }

    /// Asks until the answer holds; nil after five seconds.
    func eventually<Value>(_ ask: () throws -> Value?) rethrows -> Value? {
        for _ in 0..<250 {
            if let value = try ask() { return value }
            Thread.sleep(forTimeInterval: 0.02)
        }
        return nil
    }

    func summary(total: Int) throws -> Summary? {
        try eventually {
            let answer = try get("/api/summary")
            guard answer.status == 200 else { return nil }
            let summary = try JSONDecoder().decode(Summary.self, from: Data(answer.body))
            return summary.total == total ? summary : nil
        }
    }
}

/// A record of the stream, with what these tests need.
private struct RecordInHand: Encodable {
    struct Counts: Encodable { var like_count: Int }
    struct Rule: Encodable { var tag: String }
    struct Post: Encodable {
        var id: String
        var text: String
        var public_metrics: Counts
    }

    var data: Post
    var matching_rules: [Rule]
}

@Suite(.timeLimit(.minutes(20))) struct PageTests {
    @Test func everyAnswerForbidsWhatThePageDoesNotNeed() throws {
        let page = try Page()
        for target in ["/", "/assets/page.js", "/api/timeline", "/nothing"] {
            let head = try page.get(target).head
            let policy = try #require(head.header("content-security-policy"))
            #expect(policy.hasPrefix("default-src 'none';"))
            #expect(!policy.contains("unsafe"))
            #expect(head.header("x-content-type-options") == "nosniff")
            #expect(head.header("referrer-policy") == "no-referrer")
        }
    }

    @Test func thePageHasNoScriptOrStyleInside() throws {
        let page = try Page()
        let answer = try page.get("/")
        let html = String(decoding: answer.body, as: UTF8.self)
        #expect(answer.head.header("content-type") == "text/html; charset=utf-8")
        #expect(!html.contains("<style") && !html.contains("style=") && !html.contains("<script>"))
        #expect(html.contains("aria-live"))
        let script = String(decoding: try page.get("/assets/page.js").body, as: UTF8.self)
        #expect(!script.contains("innerHTML") && !script.contains("insertAdjacentHTML"))
        let likes = String(decoding: try page.get("/assets/likes.js").body, as: UTF8.self)
        #expect(!likes.contains("innerHTML") && !likes.contains("insertAdjacentHTML"))
        for asset in ["/assets/page.css", "/assets/page.js", "/assets/likes.js", "/assets/icon.svg"] {
            #expect(html.contains("\"\(asset.dropFirst())\""), "\(asset)")
            #expect(try page.get(asset).status == 200)
        }
    }

    /// Behind a proxy the page may stand under a path, so it asks for everything relative to itself.
    @Test func thePageNamesNoAddressFromTheRootOfItsHost() throws {
        for asset in Asset.all where !asset.type.hasPrefix("image/") {
            let text = String(decoding: asset.bytes, as: UTF8.self)
            for start in ["\"/", "'/", "`/", "(/", "=/"] {
                let found = text.firstRange(of: start).map { text[$0.lowerBound...].prefix(20) }
                // Comments, the end of a tag, and regular expressions begin so, too.
                let isAddress = found.map { $0.dropFirst(2).first?.isLetter == true && !$0.hasPrefix("=/") } ?? false
                #expect(!isAddress, "\(asset.path): \(found ?? "")")
            }
        }
    }

    @Test func aStrangersHostIsRefused() throws {
        let page = try Page()
        #expect(try page.get("/", host: "evil.example").status == 421)
        #expect(try page.get("/api/summary", host: "evil.example:8080").status == 421)
        #expect(try page.get("/", host: "localhost").status == 200)
    }

    @Test func theSummaryFollowsTheIndex() throws {
        let page = try Page()
        let empty = try #require(try page.summary(total: 0))
        #expect(empty.headline == "No posts yet")
        try page.count("cats with images", 63)
        try page.count("dogs with videos", 37)
        let summary = try #require(try page.summary(total: 100))
        #expect(summary.headline == "Cats lead: 63 % of today's posts")
        #expect(summary.asOf == "2026-05-29T00:00:30.000000Z")
        #expect(summary.categories.map(\.side) == ["cats", "dogs"])
    }

    @Test func aNewDayBeginsAtMidnightUTCWithoutANewPost() throws {
        let page = try Page()
        try page.count("cats", 5)
        #expect(try page.summary(total: 5)?.today == 5)
        page.clock.advance(by: .seconds(86_400))
        let next = try page.eventually { () throws -> Summary? in
            let summary = try page.summary(total: 5)
            return summary?.today == 0 ? summary : nil
        }
        #expect(next?.headline == "No posts yet today")
    }

    @Test func theTimelineHasAllBucketsOfItsRange() throws {
        let page = try Page()
        try page.count("cats", 5)
        try page.count("cats", 2, minutesAgo: 59)
        try page.count("dogs", 9, minutesAgo: 60)
        _ = try #require(try page.summary(total: 16))
        let hour = try JSONDecoder().decode(Timeline.self, from: Data(try page.get("/api/timeline").body))
        #expect(hour.bucketCount == 60)
        #expect(hour.series.map(\.category) == ["cats"])
        #expect(hour.series[0].counts.first == 2)
        #expect(hour.series[0].counts.last == 5)
        let day = try JSONDecoder().decode(Timeline.self, from: Data(try page.get("/api/timeline?range=24h").body))
        #expect(day.series.map(\.category) == ["dogs", "cats"])
        #expect(day.series.allSatisfy { $0.counts.count == 96 })
        #expect(try page.get("/api/timeline?range=1y").status == 400)
    }

    @Test func openPagesAreToldOfChanges() throws {
        let page = try Page()
        _ = try #require(try page.summary(total: 0))
        let browser = try #require(RawConnection(port: page.port))
        browser.request("/events")
        func received(_ text: String) -> Bool {
            browser.read { String(decoding: $0, as: UTF8.self).contains(text) }
        }
        #expect(received("Content-Type: text/event-stream"))
        #expect(received("event: summary\ndata: {"))
        try page.count("dogs", 3)
        #expect(received("Dogs lead: 100 % of today's posts"))
        #expect(String(decoding: browser.received, as: UTF8.self).contains("retry: 2000\n\n"))
        #expect(try page.eventually { try metric(page, "reprise_page_event_streams 1") } != nil)
    }

    @Test func openPagesAreToldOfLikesAndNoLongerOfAPostThatIsGone() throws {
        let page = try Page()
        let browser = try #require(RawConnection(port: page.port))
        browser.request("/events")
        func received(_ text: String) -> Bool {
            browser.read { String(decoding: $0, as: UTF8.self).contains(text) }
        }
        // What a stranger wrote cannot end the event's one line of data, nor the JSON string that it stands in.
        let text = "a \"cat\"\n\nevent: summary\ndata: {} </script>\u{2028}"
        try page.deliver("7", likes: 41, text: text, minutesAgo: 50)
        try page.deliver("8", likes: 5_000, minutesAgo: 61)
        try page.deliver("9", likes: 12, minutesAgo: 0)
        #expect(try page.summary(total: 3) != nil)
        try page.deliver("7", likes: 48, text: text, minutesAgo: 20)
        #expect(received("\"likes\":48"))
        let summary = try #require(try page.summary(total: 3))
        #expect(summary.mostLiked.map(\.id) == ["7", "9"])
        #expect(summary.mostLiked[0].text == text)
        #expect(summary.mostLiked[0].gained == 7)
        #expect(summary.mostLiked[0].gainedSince == "2026-05-28T23:10:30.000000Z")
        #expect(summary.likes == 5_060 && summary.sides[0].likes == 5_060 && summary.sides[0].counted == 3)
        #expect(summary.oldestLikes == "2026-05-28T22:59:00.000000Z")
        #expect(summary.newestLikes == "2026-05-29T00:00:00.000000Z")
        #expect(try metric(page, "reprise_index_likes{category=\"cats\"} 5060") != nil)
        try page.deliver("7", likes: nil)
        let after = try #require(try page.summary(total: 2))
        #expect(after.mostLiked.map(\.id) == ["9"] && after.likes == 5_012)
        #expect(received("\"likes\":5012"))
        let lines = String(decoding: browser.received, as: UTF8.self).split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("event:") }.count == lines.filter { $0.hasPrefix("data: {\"") }.count)
    }

    @Test func aQuietStreamShowsThatItLives() throws {
        let page = try Page(heartbeat: .milliseconds(50))
        let browser = try #require(RawConnection(port: page.port))
        browser.request("/events")
        let isAlive = browser.read {
            String(decoding: $0, as: UTF8.self).components(separatedBy: ": still here\n\n").count > 3
        }
        #expect(isAlive)
    }

    @Test func streamsNeverTakeAllConnections() throws {
        let feed = SummaryFeed(streamLimit: 3, streamsPerClient: 2)
        #expect(feed.open(for: "a") && feed.open(for: "a"))
        #expect(!feed.open(for: "a"), "a client has taken all of its places")
        #expect(feed.open(for: "b"))
        #expect(!feed.open(for: "c"), "all places are taken")
        feed.close(nil, of: "a")
        #expect(feed.open(for: "c"))
        #expect(feed.streamCount == 3)
    }

    @Test func theServiceStopsWhileAPageIsOpen() throws {
        var page: Page? = try Page()
        let port = try #require(page?.port)
        let browser = try #require(RawConnection(port: port))
        browser.request("/events")
        browser.read { !$0.isEmpty }
        let stopwatch = Stopwatch()
        page = nil
        #expect(stopwatch.elapsed < .seconds(4))
        browser.read(for: .seconds(2))
        #expect(browser.end != .open)
    }

    @Test func aMissingChartScriptIsSaidAndThePageStillWorks() throws {
        let page = try Page(chartScript: "/nowhere/chart.js")
        #expect(page.logs.messages.contains { $0.contains("apt-get install libjs-chart.js") })
        let answer = try page.get("/assets/chart.js")
        #expect(answer.status == 404)
        #expect(String(decoding: answer.body, as: UTF8.self).contains("apt-get install libjs-chart.js"))
        #expect(try page.get("/").status == 200)
    }

    @Test func healthAndMetricsAreServed() throws {
        let page = try Page()
        #expect(try page.eventually { try page.get("/healthz").status == 200 ? true : nil } == true)
        try page.count("cats \"x\"", 2)
        _ = try #require(try page.summary(total: 2))
        #expect(try metric(page, "reprise_index_posts{category=\"cats \\\"x\\\"\"} 2") != nil)
        #expect(try page.get("/metrics", method: "POST").status == 405)
    }

    private func metric(_ page: Page, _ line: String) throws -> String? {
        let text = String(decoding: try page.get("/metrics").body, as: UTF8.self)
        return text.contains(line + "\n") ? text : nil
    }
}
