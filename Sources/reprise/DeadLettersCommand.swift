internal import Feeds
internal import Journal
internal import Lifecycle
internal import Options
internal import Replayer
internal import Sinks
internal import Time

/// `reprise dead-letters`: documents that a sink refused for their own fault.
enum DeadLettersCommand {
    static let command = Command(
        name: "dead-letters",
        summary: "List, retry or discard documents that a sink refused.",
        discussion: [
            "A dead letter says where its record stands in the journal and why the sink refused its document; it holds no text. "
                + "retry makes the documents again from the journal, with today's transform."
        ],
        subcommands: [list, retry, discard]
    )

    private static let sink = Option(
        long: "sink",
        value: "KIND:TARGET",
        help: "The sink, as it was named when the documents were delivered."
    )

    private static let list = Command(
        name: "list",
        summary: "Show what was refused, and why.",
        examples: [("reprise dead-letters list --json", "for programs, a line a letter")],
        options: Context.common + [sink, Context.json],
        run: { invocation in
            for (letter, noted) in try letters(invocation).list(sink: invocation.string("sink")) {
                let place = JournalPosition(source: letter.source, offset: letter.offset)
                guard invocation.flag("json") else {
                    try StandardOutput.write("\(noted.rfc3339)  \(place)  \(letter.sink)  \(letter.reason)\n")
                    continue
                }
                let value = EventValue.object([
                    ("noted", .string(noted.rfc3339)), ("sink", .string(letter.sink)),
                    ("position", .string("\(place)")), ("ordinal", .integer(Int64(letter.ordinal))),
                    ("reason", .string(letter.reason)),
                ])
                try StandardOutput.write(String(decoding: value.json, as: UTF8.self) + "\n")
            }
            return .done
        }
    )

    private static let retry = Command(
        name: "retry",
        summary: "Deliver what was refused once more.",
        discussion: ["Exit status 3 where something was refused again."],
        examples: [("reprise dead-letters retry --sink elasticsearch:http://127.0.0.1:9200/posts", "after the cure")],
        options: Context.common + [sink] + FeedSettings.options + [FeedSettings.giveUpAfter],
        run: { invocation in
            let letters = try letters(invocation)
            guard let text = invocation.string("sink") else {
                throw UsageError("name the sink with --sink", command: invocation.path)
            }
            let address = try SinkAddress(text)
            let all = try letters.list(sink: "\(address)").map(\.letter)
            let shutdown = ShutdownSignal()
            let signals = Signals.requestOn(Signals.stopSignals, shutdown)
            defer { signals.cancel() }
            let configuration = try FeedSettings.feed(
                invocation,
                into: address,
                journal: Context.journalDirectory(invocation),
                checkpoint: .ofSink,
                persistence: FeedSettings.bounded(invocation)
            )
            let delivery = try FeedDelivery.open(
                configuration,
                seed: UInt64.random(in: 0...UInt64.max),
                shutdown
            )
            let retry = try DeadLetterRetry(
                all,
                of: Journal(directory: Context.journalDirectory(invocation)),
                through: delivery,
                isRaw: configuration.range.isRaw
            )
            try delivery.close()
            // Delivered first, forgotten then: a kill in between costs a second retry.
            try letters.remove(retry.delivered)
            try letters.add(retry.refused)
            StandardError.write(
                "\(all.count) letters = \(retry.delivered.count) delivered + \(retry.refused.count) refused again + "
                    + "\(retry.vanished.count) whose record gives no document\n"
            )
            return retry.refused.isEmpty && retry.vanished.isEmpty ? .done : .lossy
        }
    )

    private static let discard = Command(
        name: "discard",
        summary: "Forget what was refused.",
        examples: [("reprise dead-letters discard --sink opensearch:http://127.0.0.1:9200/posts", "all of one sink's")],
        options: Context.common + [sink],
        run: { invocation in
            let letters = try letters(invocation)
            guard let sink = invocation.string("sink") else {
                throw UsageError("name the sink with --sink", command: invocation.path)
            }
            let all = try letters.list(sink: sink).map(\.letter)
            try letters.remove(all)
            StandardError.write("\(all.count) letters discarded\n")
            return .done
        }
    )

    private static func letters(_ invocation: Invocation) throws -> DeadLetters {
        try DeadLetters(journal: Journal(directory: Context.journalDirectory(invocation)))
    }
}
