internal import Glibc
internal import Journal
internal import Lifecycle
internal import Logging
internal import Options
internal import Replayer
internal import Sinks
internal import Time

/// `reprise replay`: journal → transform → sink.
enum ReplayCommand {
    static let command = Command(
        name: "replay",
        summary: "Make documents of what was recorded, and deliver them to a sink.",
        discussion: [
            "A bounded replay ends with what is committed when it starts, and gives the same bytes every time. --follow goes on "
                + "with what is being recorded. With --checkpoint a replay goes on where the last one of that name had settled.",
            "Sinks: ndjson:PATH, ndjson:- (standard output), sqlite:PATH (the embedded index), elasticsearch:URL/ALIAS, "
                + "opensearch:URL/ALIAS, null: (only count). A file is "
                + "replaced, but with --checkpoint gone on with.",
            "The books are printed on standard error: what became of every record and every document. Exit code 3 says that "
                + "something should have become a document and did not.",
        ],
        examples: [
            ("reprise replay > posts.ndjson", "all documents, a line each"),
            ("reprise replay --from -2h --sink sqlite:data/index.sqlite", "the last two hours into an index"),
            ("reprise replay --follow --checkpoint live --sink ndjson:live.ndjson", "for as long as it is recorded"),
        ],
        options: Context.common + [
            Option(
                long: "source",
                value: "NAME",
                help: "A source to replay; all but 'ledger' unless told.",
                repeats: true
            ),
            Option(long: "from", value: "WHEN", help: "Where to start, inclusive: RFC 3339, -2h, or source:offset."),
            Option(long: "to", value: "WHEN", help: "Where to stop, exclusive: RFC 3339, -2h, or source:offset."),
            Option(long: "sink", value: "KIND:TARGET", help: "Where the documents go.", default: "ndjson:-"),
            Option(long: "follow", help: "Go on with what is recorded meanwhile, until stopped."),
            Option(long: "checkpoint", value: "NAME", help: "Go on where NAME was settled, and move it."),
            Option(long: "limit", value: "N", help: "Stop after N documents."),
            Option(long: "jobs", value: "N", help: "Threads to transform with; 1 for now.", default: "1"),
            Context.json,
        ] + DeliverySetup.options + [DeliverySetup.giveUpAfter, DeliverySetup.rebuild],
        run: { invocation in
            let configuration = try configuration(invocation)
            guard try invocation.int("jobs") == 1 else {
                throw invocation.wrong("jobs", invocation.string("jobs") ?? "", "1 in this version")
            }
            let address = try SinkAddress(invocation.string("sink") ?? "")
            let journal = try Journal(directory: Context.journalDirectory(invocation))
            if !configuration.isFollowing {
                // A source that does not exist yet can be followed, but there is nothing of it to replay.
                let known = try journal.sources()
                if let missing = configuration.sources?.first(where: { !known.contains($0) }) {
                    let names = known.map(\.rawValue).sorted().joined(separator: ", ")
                    throw invocation.wrong("source", missing.rawValue, "a source of this journal (\(names))")
                }
            }
            let checkpointName = invocation.string("checkpoint")
            let shutdown = ShutdownSignal()
            if invocation.flag("rebuild") { try checkRebuild(invocation) }
            let line = ReplayStatusLine.ifWatched(invocation, sink: "\(address)")
            let logger = try Context.logger(invocation) { line ?? $0 }.labelled("delivery")
            let setup = try DeliverySetup(
                address,
                invocation,
                resuming: checkpointName != nil,
                patience: configuration.isFollowing ? .endless : DeliverySetup.patience(invocation),
                shutdown: shutdown,
                trouble: SinkTrouble(address, logger),
                isRebuild: invocation.flag("rebuild")
            )
            let delivery = setup.delivery
            let checkpoint = try checkpointName.map {
                try Checkpoint(
                    journal: journal,
                    name: $0,
                    sink: delivery.identity,
                    transform: Replayer.transformDigest,
                    place: address.isRemote ? "\(address)" : "",
                    isEmpty: setup.isNew
                )
            }
            if let checkpoint, checkpoint.hasStartedOver {
                logger.notice("\(address) was made anew, so that it is filled from the beginning")
            }
            let replayer = Replayer(
                journal: journal,
                configuration: configuration,
                delivery: delivery,
                checkpoint: checkpoint,
                deadLetters: address.isRemote
                    ? DeadLetterBox(try DeadLetters(journal: journal), sink: "\(address)") : nil,
                onProgress: { line?.show($0) }
            )
            let signals = Signals.requestOn([SIGINT, SIGTERM], shutdown)
            defer { signals.cancel() }
            let time = Stopwatch()
            defer { line?.clear() }
            try replayer.run(shutdown)
            line?.clear()
            let books = ReplayReport(replayer.currentBooks, elapsed: time.elapsed)
            // Standard output is the documents' where they go there.
            if !invocation.flag("json") {
                StandardError.write(books.text)
            } else if delivery.identity == "ndjson:-" {
                StandardError.write(books.json)
            } else {
                try StandardOutput.write(books.json)
            }
            if shutdown.isRequested && !configuration.isFollowing {
                StandardError.write("reprise: stopped before the end of the range\n")
                return .lossy
            }
            let counts = replayer.currentBooks
            let rebuilt = try setup.finishRebuild(
                DeliveryCounts(accepted: counts.accepted, stale: counts.stale, rejected: counts.rejected)
            )
            if let rebuilt {
                let kept = rebuilt.kept.isEmpty ? "" : "; kept: \(rebuilt.kept.joined(separator: ", "))"
                StandardError.write("rebuilt    \(rebuilt.target.index) with \(rebuilt.documents) documents\(kept)\n")
            }
            return replayer.currentBooks.isComplete ? .done : .lossy
        }
    )

    /// A new index is filled with everything, or it would hold less than the old one.
    private static func checkRebuild(_ invocation: Invocation) throws {
        for other in ["from", "to", "source", "limit", "checkpoint"] where invocation.string(other) != nil {
            throw UsageError("--rebuild is of everything, so it goes without --\(other)", command: invocation.path)
        }
        for other in ["follow", "no-setup"] where invocation.flag(other) {
            throw UsageError("--rebuild goes without --\(other)", command: invocation.path)
        }
    }

    private static func configuration(_ invocation: Invocation) throws -> ReplayConfiguration {
        var sources = try invocation.strings("source").map { text in
            guard let name = SourceName(rawValue: text) else {
                throw invocation.wrong("source", text, "a source's name, filtered for example")
            }
            return name
        }
        let range = try ReadRange(invocation, clock: .system)
        if sources.count > 1, range.isByOffset {
            throw UsageError("an offset stands in one source, so name only that one", command: invocation.path)
        }
        if sources.count < 2, let source = range.source { sources = [source] }
        if invocation.flag("follow") && range.end != .now {
            throw UsageError("--follow has no end, so it goes without --to", command: invocation.path)
        }
        return ReplayConfiguration(
            sources: sources.isEmpty ? nil : sources,
            start: range.start,
            end: invocation.flag("follow") ? .never : range.end,
            documentLimit: try invocation.int("limit")
        )
    }
}
