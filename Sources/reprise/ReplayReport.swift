internal import Feeds
internal import Journal
internal import Options
internal import Replayer
internal import Sinks
internal import Terminal
internal import Time
internal import Transform

/// The books of a replay into one sink as they are printed.
struct ReplayReport {
    private let address: SinkAddress
    private let outcome: FeedOutcome
    private var books: ReplayBooks { outcome.books }

    /// Prints the books of all sinks: one sink's as they are, several under their sinks' names.
    static func tell(_ runs: [(SinkAddress, FeedOutcome)], asJSON: Bool) throws {
        let reports = runs.map { ReplayReport(address: $0.0, outcome: $0.1) }
        guard reports.count > 1 else {
            // What failed before it had read anything is told as an error alone.
            guard let only = reports.first, only.outcome.isSettled || only.books.records > 0 else { return }
            try write(asJSON ? only.json(only.error) + "\n" : only.text, asJSON, reports)
            return StandardError.write(only.ending)
        }
        if asJSON {
            try write("[" + reports.map(\.namedJSON).joined(separator: ",") + "]\n", asJSON, reports)
        } else {
            try write(reports.map { "sink       \($0.address)\n\($0.text)\($0.ending)" }.joined(), asJSON, reports)
        }
    }

    /// Standard output is the documents' where they go there.
    private static func write(_ text: String, _ isJSON: Bool, _ reports: [ReplayReport]) throws {
        if isJSON && !reports.contains(where: { $0.address == .standardOutput }) {
            try StandardOutput.write(text)
        } else {
            StandardError.write(text)
        }
    }

    private var dropped: [(String, Int)] { books.dropped.map { ($0.key.rawValue, $0.value) }.sorted { $0.0 < $1.0 } }
    private var failed: [(String, Int)] { books.failed.map { ($0.key.rawValue, $0.value) }.sorted { $0.0 < $1.0 } }

    /// Two lines for people.
    private var text: String {
        func reasons(_ list: [(String, Int)]) -> String {
            list.isEmpty ? "" : " (" + list.map { "\($0.0) \($0.1)" }.joined(separator: ", ") + ")"
        }
        let seconds = outcome.elapsed.asSeconds
        let rate = seconds > 0 ? Int(Double(books.records) / seconds) : 0
        return """
            records    \(books.records) = \(books.yielding) yielding + \(books.droppedCount) dropped\(reasons(dropped)) \
            + \(books.failedCount) failed\(reasons(failed)), \(rate)/s\(places)
            documents  \(books.documents) = \(books.accepted) accepted + \(books.stale) stale + \(books.rejected) rejected\
            \(books.skipped > 0 ? " + \(books.skipped) skipped" : "")\
            \(books.unread.isEmpty ? "" : "\ngaps       \(UnreadText.sentence(books.unread))")\(firehose)\(s3)\(behind)

            """
    }

    /// Where to look for what failed or was left out.
    private var places: String {
        func list(_ positions: [JournalPosition]) -> String { positions.map(\.description).joined(separator: ", ") }
        var lines = failedAt.map { "\nfailed     \($0.0), first at \(list($0.1))" }
        if books.leftOutValues > 0 {
            lines.append(
                "\nleft out   \(books.leftOutValues) values of an unexpected type, first at \(list(books.leftOutAt))"
            )
        }
        return lines.joined()
    }

    private var failedAt: [(String, [JournalPosition])] {
        books.failedAt.map { ($0.key.rawValue, $0.value) }.sorted { $0.0 < $1.0 }
    }

    /// What Firehose took, what of it may be there twice, and what packing has saved.
    private var firehose: String {
        guard let totals = outcome.firehose else { return "" }
        var lines =
            "\nfirehose   \(totals.records) records in \(totals.calls) calls, \(totals.billedBytes) bytes billed"
        if totals.unpackedBytes > totals.billedBytes {
            lines += " instead of \(totals.unpackedBytes) unpacked"
        }
        if totals.lostAnswers > 0 {
            lines +=
                "\ntwice      at most \(totals.perhapsTwice) documents: \(totals.lostAnswers) answers were lost, and what they were "
                + "about was sent again"
        }
        return lines
    }

    private var firehoseJSON: [(String, EventValue)] {
        guard let totals = outcome.firehose else { return [] }
        return [
            (
                "firehose",
                .object([
                    ("calls", .integer(Int64(totals.calls))), ("records", .integer(Int64(totals.records))),
                    ("billed_bytes", .integer(Int64(totals.billedBytes))),
                    ("unpacked_bytes", .integer(Int64(totals.unpackedBytes))),
                    ("lost_answers", .integer(Int64(totals.lostAnswers))),
                    ("perhaps_twice_documents", .integer(Int64(totals.perhapsTwice))),
                ])
            )
        ]
    }

    /// What is in the bucket now, and what of it was there before.
    private var s3: String {
        guard let totals = outcome.s3 else { return "" }
        let found = totals.found > 0 ? ", \(totals.found) of them were there already" : ""
        return "\ns3         \(totals.objects) objects of \(totals.bytes) bytes\(found)"
    }

    private var s3JSON: [(String, EventValue)] {
        guard let totals = outcome.s3 else { return [] }
        return [
            (
                "s3",
                .object([
                    ("objects", .integer(Int64(totals.objects))), ("found_objects", .integer(Int64(totals.found))),
                    ("bytes", .integer(Int64(totals.bytes))), ("ended_uploads", .integer(Int64(totals.leftOvers))),
                ])
            )
        ]
    }

    private var behind: String {
        guard let lag = outcome.lag, lag > .zero else { return "" }
        return "\nlag        \(DurationText.short(lag)): so long the oldest record has been there that is not settled"
    }

    /// What else there is to say to people: nothing where it ended as it should.
    private var ending: String {
        if outcome.isStopped { return "reprise: stopped before the end of the range\n" }
        guard let rebuilt = outcome.rebuilt else { return "" }
        let kept = rebuilt.kept.isEmpty ? "" : "; kept: \(rebuilt.kept.joined(separator: ", "))"
        return "rebuilt    \(rebuilt.target.index) with \(rebuilt.documents) documents\(kept)\n"
    }

    /// The same for programs.
    private func json(_ first: [(String, EventValue)]) -> String {
        func object(_ list: [(String, Int)]) -> EventValue { .object(list.map { ($0.0, .integer(Int64($0.1))) }) }
        func places(_ list: [JournalPosition]) -> EventValue { .array(list.map { .string($0.description) }) }
        let lag = outcome.lag.map { [("lag_ms", EventValue.integer($0.microseconds / 1_000))] } ?? []
        let value = EventValue.object(
            first + [
                ("records", .integer(Int64(books.records))), ("yielding", .integer(Int64(books.yielding))),
                ("dropped", object(dropped)), ("failed", object(failed)),
                ("failed_at", .object(failedAt.map { ($0.0, places($0.1)) })),
                ("left_out_values", .integer(Int64(books.leftOutValues))), ("left_out_at", places(books.leftOutAt)),
                ("gaps", .integer(Int64(books.gaps))), ("documents", .integer(Int64(books.documents))),
                ("unread_bytes", .integer(Int64(books.unread.bytes))),
                ("accepted", .integer(Int64(books.accepted))),
                ("stale", .integer(Int64(books.stale))), ("rejected", .integer(Int64(books.rejected))),
                ("skipped", .integer(Int64(books.skipped))),
                ("elapsed_ms", .integer(outcome.elapsed.microseconds / 1_000)),
            ] + UnreadText.times(books.unread) + firehoseJSON + s3JSON + lag
        )
        return String(decoding: value.json, as: UTF8.self)
    }

    /// Of several sinks: whose it is, how it ended, and why if not well.
    private var namedJSON: String {
        let first: [(String, EventValue)] = [
            ("sink", .string("\(address)")), ("status", .integer(Int64(outcome.status.rawValue))),
        ]
        return json(first + error)
    }

    /// What ended it before its time, if anything did.
    private var error: [(String, EventValue)] { outcome.error.map { [("error", .string("\($0)"))] } ?? [] }
}

extension FeedOutcome {
    /// The exit status that it stands for.
    var status: ExitStatus {
        if let error { return ExitStatus(for: error) }
        return books.isComplete && !isStopped ? .done : .lossy
    }
}
