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
        help: "The source; needed where the journal has several besides lookups."
    )

    private static let info = Command(
        name: "info",
        summary: "Show what a journal holds: sources, bytes, records, times.",
        discussion: [
            "Contents are not read: what is missing is known from stored gaps, from segments that do not fit together, and from the "
                + "newest end. Exit status 3 where anything is. 'reprise journal verify' reads everything."
        ],
        examples: [("reprise journal info", "the default journal"), ("reprise journal info --json", "for programs")],
        options: Context.common + [Context.json],
        run: { invocation in
            let journal = try Journal(directory: Context.journalDirectory(invocation))
            let summaries = try journal.sources().map { try journal.summary(of: $0) }
            let text = invocation.flag("json") ? JournalInfo.json(summaries) : JournalInfo.text(summaries)
            try StandardOutput.write(text)
            return summaries.allSatisfy(\.unread.isEmpty) ? .done : .lossy
        }
    )

    private static let cat = Command(
        name: "cat",
        summary: "Print records as they were stored.",
        discussion: [
            "Whole records are printed with their own line ends. Keep-alives, and fragments at gaps and the ends of "
                + "connections, are left out and counted on standard error; --raw prints every byte instead. On a terminal, control characters "
                + "and direction overrides are spelled out; into a pipe or file every byte goes as it is. Exit status 3 where bytes of the "
                + "range are missing or damaged."
        ],
        examples: [
            ("reprise journal cat --from -1h", "the last hour's records"),
            ("reprise journal cat --raw | sha256sum", "every byte that X sent"),
        ],
        options: Context.common + [
            source,
            ReadRange.from, ReadRange.to,
            Option(long: "times", help: "Print each record's time of arrival and a tab before it."),
            Option(long: "raw", help: "Print every byte, keep-alives and fragments too."),
        ],
        run: { invocation in
            let journal = try Journal(directory: Context.journalDirectory(invocation))
            let range = try ReadRange(invocation, clock: .system)
            let source = try range.source ?? onlySource(of: journal, invocation)
            try range.check(against: journal, [source], invocation)
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
            try StandardOutput.finish()
            if copy.keepAlives + copy.fragments > 0 {
                StandardError.write(
                    "\(copy.records) records; left out: \(copy.keepAlives) keep-alives, \(copy.fragments) fragments\n"
                )
            }
            guard !copy.unread.isEmpty else { return .done }
            StandardError.write("\(UnreadText.sentence(copy.unread))\n")
            return .lossy
        }
    )

    private static func onlySource(of journal: Journal, _ invocation: Invocation) throws -> SourceName {
        let sources = try journal.sources()
        guard let first = sources.first else {
            throw JournalError(.notFound, "the journal at \(journal.directory) has no source yet")
        }
        // A refresher that has asked for nothing yet holds a source all the same, and what it keeps is asked for by name.
        let filled = try sources.filter { try journal.endOffset(of: $0) > .zero }
        let streams = filled.filter { $0 != .lookup && $0 != .ledger }
        if streams.count == 1 { return streams[0] }
        guard filled.count <= 1 else {
            let names = filled.map(\.rawValue).joined(separator: ", ")
            throw UsageError("name one of the sources with --source: \(names)", command: invocation.path)
        }
        return filled.first ?? first
    }
}
