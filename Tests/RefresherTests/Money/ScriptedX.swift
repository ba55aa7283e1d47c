import Foundation
import HTTPClient
import Journal
import Lifecycle
import Logging
import Refresher
import Synchronization
import TestSupport
import Time
import XAPI

/// A journal with some posts, and an X whose answers a test writes.
final class ScriptedX {
    let folder: TemporaryFolder
    let clock: ManualClock
    /// The days since 1970 of the requests' first ids, by our clock.
    let server: ScriptedServer
    let log = MemoryLogSink()

    /// - Parameters:
    ///   - rules: gives the rules that a post matched, as a JSON array.
    ///   - usage: gives status and body for a question of what was billed.
    ///   - keepsConnections: whether further requests may come on a connection.
    ///   - answer: gives the body for the ids that are asked for; nil closes the connection instead.
    ///   - date: gives the `Date` field; nil leaves it out.
    convenience init(
        posts: Range<Int>,
        at time: Timestamp,
        rules: (Int) -> String = { _ in "[]" },
        usage: (status: String, body: String) = ("404 Not Found", "{}"),
        date: (@Sendable () -> String)? = nil,
        keepsConnections: Bool = false,
        answer: @escaping @Sendable ([String]) -> String?
    ) throws {
        try self.init(
            posts: posts,
            at: time,
            answering: Answers { ids in answer(ids).map { ("200 OK", $0) } },
            rules: rules,
            usage: usage,
            date: date,
            keepsConnections: keepsConnections
        )
    }

    /// Gives status and body for the ids that are asked for; nil closes the connection instead.
    struct Answers: Sendable {
        let give: @Sendable ([String]) -> (status: String, body: String)?
    }

    init(
        posts: Range<Int>,
        at time: Timestamp,
        answering answers: Answers,
        rules: (Int) -> String = { _ in "[]" },
        usage: (status: String, body: String) = ("404 Not Found", "{}"),
        date: (@Sendable () -> String)? = nil,
        keepsConnections: Bool = false
    ) throws {
        folder = try TemporaryFolder()
        clock = ManualClock(time)
        let writer = try JournalWriter(directory: folder.path, source: .filtered, clock: clock.clock)
        let lines = posts.map { "{\"data\":\(Self.post("\($0)", likes: 0)),\"matching_rules\":\(rules($0))}\r\n" }
            .joined()
        try Array(lines.utf8).withUnsafeBytes { try writer.append($0) }
        try writer.close()
        server = ScriptedServer { connection in
            var request = connection.request
            while !request.isEmpty {
                var (status, body): (String, String?) = usage
                if let ids = request.firstMatch(of: /ids=([0-9,]+)/) {
                    let answer = answers.give(ids.1.split(separator: ",").map(String.init))
                    (status, body) = (answer?.status ?? "", answer?.body)
                }
                guard let body else { return }
                let headers = date.map { "Date: \($0())\r\n" } ?? ""
                guard keepsConnections else { return connection.answer(status: status, headers: headers, body: body) }
                connection.send("HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
                request = connection.nextRequest()
            }
        }
    }

    deinit { server.stop() }

    static func post(_ id: String, likes: Int) -> String {
        "{\"id\":\"\(id)\",\"text\":\"x\",\"created_at\":\"2026-01-01T00:00:00.000Z\",\"public_metrics\":{\"retweet_count\":0,"
            + "\"reply_count\":0,\"like_count\":\(likes),\"quote_count\":0}}"
    }

    /// Makes a pass; waits are only the clock's.
    func pass(_ budget: String, _ change: (inout RefresherConfiguration) -> Void = { _ in }) throws -> RefreshReport {
        var configuration = RefresherConfiguration()
        configuration.budgets = [try Budget(parsing: budget)]
        let clock = clock
        configuration.pause = { duration, _ in clock.advance(by: duration) }
        let start = clock.clock.now
        configuration.steady = { clock.clock.now - start }
        change(&configuration)
        let client = XAPIClient(
            endpoint: try XEndpoint(server.url),
            token: try BearerToken("x"),
            http: try HTTPClient(configuration: .init(userAgent: "test")),
            clock: clock.clock,
            // Nobody sets these clocks back.
            monotonic: MonotonicClock { MonotonicTime(sinceStart: clock.clock.now - start) }
        )
        let refresher = try Refresher(
            journal: folder.path,
            client: client,
            configuration: configuration,
            clock: clock.clock,
            logger: Logger(label: "refresher", level: .notice, sink: log),
            seed: 1
        )
        do {
            let report = try refresher.pass(ShutdownSignal())
            try refresher.close()
            return report
        } catch {
            try refresher.close()
            throw error
        }
    }

    /// Posts that the ledger counts, of all days.
    static func spent(_ directory: String) throws -> Int {
        var posts: [Int] = []
        for line in try ledger(directory) {
            guard let count = line.firstMatch(of: /"posts":([0-9]+)/).flatMap({ Int($0.1) }) else { continue }
            if line.contains("settled") { posts.removeLast() }
            posts.append(count)
        }
        return posts.reduce(0, +)
    }

    /// The lines of the ledger.
    static func ledger(_ directory: String) throws -> [String] {
        var bytes: [UInt8] = []
        _ = try RecordCopy.records(of: Journal(directory: directory), source: .ledger) { bytes += $0 }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
