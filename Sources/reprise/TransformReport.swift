internal import Lambda

/// What became of records without a journal, in words.
enum TransformReport {
    /// The figures and the first failures, a line each.
    static func text(_ totals: EventTotals) -> String {
        var lines = """
            records    \(totals.records) = \(totals.ok) converted + \(totals.dropped) dropped\(reasons(totals.dropReasons)) \
            + \(totals.failed) failed\(reasons(totals.failReasons))
            documents  \(totals.documents)

            """
        if totals.skippedDocuments > 0 {
            lines += "skipped    \(totals.skippedDocuments) deletions, which Firehose cannot deliver\n"
        }
        if totals.leftOutValues > 0 { lines += "left out   \(totals.leftOutValues) values of an unexpected type\n" }
        return lines + failures(totals)
    }

    /// The first failures, a line each.
    static func failures(_ totals: EventTotals) -> String {
        totals.failures.map { failure in
            let place = [
                failure.recordID.isEmpty ? "" : "record \(failure.recordID)",
                failure.line > 0 ? "line \(failure.line)" : "",
            ]
            return "failed     \(place.filter { !$0.isEmpty }.joined(separator: ", ")): \(failure.reason)\n"
        }.joined()
    }

    private static func reasons(_ counts: [String: Int]) -> String {
        guard !counts.isEmpty else { return "" }
        return " (" + counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ") + ")"
    }
}
