internal import Journal
internal import Options
internal import Time

/// `reprise journal`: looks into a journal, and takes care of one.
enum JournalCommand {
    static let command = Command(
        name: "journal",
        summary: "Look into a journal, verify it, repair it.",
        discussion: [
            "A journal holds every byte that X sent, in zstd segments that any zstd tool reads, with the times of arrival. "
                + "info, cat and verify only read it, also while it is being recorded; repair and rebuild need the recorder stopped."
        ],
        subcommands: [info, cat, JournalCare.verify, JournalCare.repair, JournalCare.rebuild]
    )

    private static let source = Option(
        long: "source",
        value: "NAME",
        help: "The source; needed where the journal has several."
    )

    private static let info = Command(
        name: "info",
        summary: "Show what a journal holds: sources, bytes, records, times.",
        examples: [("reprise journal info", "the default journal"), ("reprise journal info --json", "for programs")],
        options: Context.common + [Context.json],
        run: { invocation in
            let journal = try Journal(directory: Context.journalDirectory(invocation))
            let summaries = try journal.sources().map { try journal.summary(of: $0) }
            let text = invocation.flag("json") ? JournalInfo.json(summaries) : JournalInfo.text(summaries)
            try StandardOutput.write(text)
            return .done
        }
    )

    private static let cat = Command(
        name: "cat",
        summary: "Print records as they were stored.",
        discussion: [
            "Whole records are printed with their own line ends. Keep-alives, and fragments at gaps and the ends of "
                + "connections, are left out and counted on standard error; --raw prints every byte instead."
        ],
        examples: [
            ("reprise journal cat --from -1h", "the last hour's records"),
            ("reprise journal cat --raw | sha256sum", "every byte that X sent"),
        ],
        options: Context.common + [
            source,
            Option(long: "from", value: "WHEN", help: "Where to start, inclusive: RFC 3339, -2h, or source:offset."),
            Option(long: "to", value: "WHEN", help: "Where to stop, exclusive: RFC 3339, -2h, or source:offset."),
            Option(long: "times", help: "Print each record's time of arrival and a tab before it."),
            Option(long: "raw", help: "Print every byte, keep-alives and fragments too."),
        ],
        run: { invocation in
            let journal = try Journal(directory: Context.journalDirectory(invocation))
            let range = try ReadRange(invocation, clock: .system)
            let source = try range.source ?? onlySource(of: journal, invocation)
            let copy =
                invocation.flag("raw")
                ? try RecordCopy.bytes(
                    of: journal,
                    source: source,
                    from: range.start,
                    to: range.end,
                    output: StandardOutput.write
                )
                : try RecordCopy.records(
                    of: journal,
                    source: source,
                    from: range.start,
                    to: range.end,
                    times: invocation.flag("times"),
                    output: StandardOutput.write
                )
            if copy.keepAlives + copy.fragments > 0 {
                StandardError.write(
                    "\(copy.records) records; left out: \(copy.keepAlives) keep-alives, \(copy.fragments) fragments\n"
                )
            }
            return .done
        }
    )

    private static func onlySource(of journal: Journal, _ invocation: Invocation) throws -> SourceName {
        let sources = try journal.sources()
        guard let first = sources.first else {
            throw JournalError(.notFound, "the journal at \(journal.directory) has no source yet")
        }
        // A refresher that has asked for nothing yet holds a source all the same.
        let filled = try sources.filter { try journal.endOffset(of: $0) > .zero }
        guard filled.count <= 1 else {
            let names = filled.map(\.rawValue).joined(separator: ", ")
            throw UsageError("name one of the sources with --source: \(names)", command: invocation.path)
        }
        return filled.first ?? first
    }
}

/// `--source`, `--from` and `--to` as a range of one source.
struct ReadRange {
    private(set) var source: SourceName?
    private(set) var start = ReadStart.beginning
    private(set) var end = ReadEnd.now

    /// Whether an end of it is an offset, which means something in one source alone.
    var isByOffset: Bool {
        if case .offset = start { return true }
        if case .offset = end { return true }
        return false
    }

    init(_ invocation: Invocation, clock: WallClock) throws {
        if let text = invocation.string("source") {
            guard let name = SourceName(rawValue: text) else {
                throw invocation.wrong("source", text, "a source's name, filtered for example")
            }
            source = name
        }
        if let text = invocation.string("from") {
            if let time = ReadRange.time(text, clock) {
                start = .time(time)
            } else {
                start = .offset(try position(text, "from", invocation).offset)
            }
        }
        if let text = invocation.string("to") {
            if let time = ReadRange.time(text, clock) {
                end = .time(time)
            } else {
                end = .offset(try position(text, "to", invocation).offset)
            }
        }
    }

    /// RFC 3339, or how long ago: `-2h`.
    static func time(_ text: String, _ clock: WallClock) -> Timestamp? {
        if text.hasPrefix("-") { return ValueText.duration(String(text.dropFirst())).map { clock.now - $0 } }
        return Timestamp(rfc3339: text)
    }

    private mutating func position(_ text: String, _ long: String, _ invocation: Invocation) throws -> JournalPosition {
        guard let position = JournalPosition(text) else {
            throw invocation.wrong(long, text, "a time (RFC 3339, or -2h) or source:offset")
        }
        guard source == nil || source == position.source else {
            throw UsageError("--\(long) names another source than the rest", command: invocation.path)
        }
        source = position.source
        return position
    }
}
