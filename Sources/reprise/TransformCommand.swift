internal import Lambda
internal import Options
internal import Time
internal import Transform

/// `reprise transform`: records → documents, without a journal.
enum TransformCommand {
    static let command = Command(
        name: "transform",
        summary: "Make documents of records from standard input, or the response to a Firehose event; no journal.",
        discussion: [
            "Each line of standard input is a record as the stream sends it; its documents are printed, a line each, as a replay makes "
                + "them, but without a version. They arrived now, unless --arrival says when.",
            "With --event it is the transform of 'reprise lambda': it reads a transformation event of Amazon Data Firehose and prints "
                + "the response. data/events holds some to try.",
            "What became of the records is printed on standard error. Exit code 3 says that a record should have become a document and "
                + "did not.",
        ],
        examples: [
            ("reprise journal cat | reprise transform", "documents of everything recorded"),
            ("reprise transform --event data/events/original.json", "what the Lambda answers"),
        ],
        options: [
            Option(long: "event", value: "FILE", help: "Answer a Firehose event; - is standard input."),
            Option(
                long: "arrival",
                value: "TIME",
                help: "When the records of standard input arrived, RFC 3339; now unless given."
            ),
        ],
        run: { invocation in
            guard let path = invocation.string("event") else { return try transformLines(invocation) }
            if invocation.isOnCommandLine("arrival") {
                throw UsageError(
                    "--arrival is for records of standard input; an event says itself when its records arrived",
                    command: invocation.path
                )
            }
            return try answer(path)
        }
    )

    private static func answer(_ path: String) throws -> ExitStatus {
        let bytes = try InputFile.read(path, byteLimit: LambdaCommand.eventByteLimit)
        let response = try EventTransform().respond(to: bytes)
        try (response.body + [10]).withUnsafeBytes { try StandardOutput.write($0) }
        try StandardOutput.finish()
        return tell(response.totals)
    }

    private static func transformLines(_ invocation: Invocation) throws -> ExitStatus {
        var arrival: Timestamp?
        if let text = invocation.string("arrival") {
            guard let time = Timestamp(rfc3339: text) else {
                throw invocation.wrong("arrival", text, "a time such as 2026-11-24T08:33:00Z")
            }
            arrival = time
        }
        let (lines, transform) = (LineBuffer(padding: DefaultTransform.padding), LineTransform())
        var output: [UInt8] = []
        var isMore = true
        while isMore {
            var now = Timestamp(microseconds: 0)
            isMore = try lines.take(
                { space in
                    defer { now = arrival ?? WallClock.system.now }
                    return try InputFile.read(from: 0, into: space, name: "standard input")
                },
                { transform.take($0, arrival: now, into: &output) }
            )
            guard !output.isEmpty else { continue }
            try output.withUnsafeBytes { try StandardOutput.write($0) }
            output.removeAll(keepingCapacity: true)
        }
        try StandardOutput.finish()
        return tell(transform.totals)
    }

    /// Says what became of the records.
    private static func tell(_ totals: EventTotals) -> ExitStatus {
        StandardError.write(TransformReport.text(totals))
        return totals.isComplete ? .done : .lossy
    }
}
