internal import Glibc
internal import Journal
internal import Options
internal import Synchronization
internal import Terminal
internal import Time

/// `reprise journal verify`, `repair` and `rebuild`.
enum JournalCare {
    static let verify = Command(
        name: "verify",
        summary: "Read every byte of a journal and say what is wrong with it.",
        discussion: [
            "Every block is compared with its checksum, decompressed, and held against its trailer; seek tables, offsets, arrivals, "
                + "the tail and the catalog are checked too. Nothing is changed, and a recorder may be running.",
            "Exit status 3 where anything is wrong: each finding says what to do.",
        ],
        examples: [
            ("reprise journal verify", "the default journal"),
            ("reprise journal verify --jobs 2 --json", "faster, for programs"),
        ],
        options: Context.common + [source, jobs, Context.json],
        run: { invocation in
            let journal = try Journal(directory: Context.journalDirectory(invocation))
            let line = ByteStatusLine.ifWatched(invocation, "verifying")
            let sources = try namedSource(invocation).map { [$0] }
            let result = try JournalVerification(of: journal, sources: sources, jobs: jobCount(invocation)) {
                progress in
                line?.show(done: progress.done, total: progress.total)
            }
            line?.clear()
            try StandardOutput.write(
                invocation.flag("json") ? JournalCareReport.json(result) : JournalCareReport.text(result)
            )
            return result.findings.isEmpty ? .done : .lossy
        }
    )

    static let repair = Command(
        name: "repair",
        summary: "Keep what is whole of a damaged journal, and note what is gone.",
        discussion: [
            "Whole blocks stay as they are; what stands elsewhere, in the tail or under another number, is fetched; a gap event "
                + "stands for the rest. New files are read back before they take the old ones' names, and old files are kept "
                + "beside them, as 0000000001.zst.damaged for example; nothing is removed, and offsets never change.",
            "Stop the recorder first. Where there is a copy of a damaged file, put that back instead: a repair cannot bring "
                + "anything back. Exit status 3 where something is gone.",
        ],
        examples: [
            ("reprise journal repair --dry-run", "what would be kept, and what is gone, from when to when"),
            ("reprise journal repair", "do it"),
        ],
        options: Context.common + [
            source, Option(long: "dry-run", help: "Say what would be done, and change nothing."), Context.json,
        ],
        run: { invocation in
            let journal = try Journal(directory: Context.journalDirectory(invocation))
            let dryRun = invocation.flag("dry-run")
            var steps: [RepairStep] = []
            for source in try namedSource(invocation).map({ [$0] }) ?? journal.sources() {
                steps += try JournalRepair(of: journal, source: source, dryRun: dryRun).steps
            }
            try StandardOutput.write(
                invocation.flag("json")
                    ? JournalCareReport.json(steps, dryRun: dryRun) : JournalCareReport.text(steps, dryRun: dryRun)
            )
            return steps.allSatisfy(\.isWhole) ? .done : .lossy
        }
    )

    static let rebuild = Command(
        name: "rebuild",
        summary: "Make the catalog anew from the segments alone.",
        discussion: [
            "The catalog only repeats what the segments say, so it can be deleted and made again. Stop the recorder first."
        ],
        examples: [("reprise journal rebuild", "the default journal")],
        options: Context.common + [Context.json],
        run: { invocation in
            let journal = try Journal(directory: Context.journalDirectory(invocation))
            let segments = try journal.rebuildCatalog()
            let text =
                invocation.flag("json")
                ? String(decoding: EventValue.object([("segments", .integer(Int64(segments)))]).json, as: UTF8.self)
                : "the catalog was made anew from \(segments) segments"
            try StandardOutput.write(text + "\n")
            return .done
        }
    )

    private static let source = Option(long: "source", value: "NAME", help: "One source; all of them otherwise.")

    private static let jobs = Option(
        long: "jobs",
        value: "N",
        help: "Segments that are read at the same time.",
        default: "1"
    )

    private static func namedSource(_ invocation: Invocation) throws -> SourceName? {
        guard let text = invocation.string("source") else { return nil }
        guard let name = SourceName(rawValue: text) else {
            throw invocation.wrong("source", text, "a source's name, filtered for example")
        }
        return name
    }

    private static func jobCount(_ invocation: Invocation) throws -> Int {
        guard let text = invocation.string("jobs") else { return 1 }
        guard let count = Int(text), (1...64).contains(count) else {
            throw invocation.wrong("jobs", text, "a number from 1 to 64")
        }
        return count
    }
}

/// The line that a command keeps on a terminal while it reads: how far it is, how fast, and how long it will take.
final class ByteStatusLine: Sendable {
    private let line: StatusLine
    private let stopwatch = Stopwatch()
    private let progress = Mutex<Progress?>(nil)
    private let verb: String

    private init(_ line: StatusLine, _ verb: String) {
        self.line = line
        self.verb = verb
    }

    /// A line where somebody watches standard error.
    static func ifWatched(_ invocation: Invocation, _ verb: String) -> ByteStatusLine? {
        guard StandardError.isTerminal(invocation.environment) else { return nil }
        return StatusLine.onStandardError().map { ByteStatusLine($0, verb) }
    }

    func show(done: Int, total: Int) {
        let text = progress.withLock { progress in
            var current = progress ?? Progress(total: total)
            current.add(done: done, at: stopwatch.elapsed)
            progress = current
            return current.text
        }
        line.show("\(verb): \(text)")
    }

    func clear() { line.clear() }
}
