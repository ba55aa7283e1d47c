internal import Journal
internal import Time

/// What `journal info` prints.
enum JournalInfo {
    /// A line a fact, a paragraph a source.
    static func text(_ summaries: [SourceSummary]) -> String {
        if summaries.isEmpty { return "no sources yet\n" }
        return summaries.map { summary in
            let rows: [(String, String)] =
                [
                    ("source", summary.source.rawValue),
                    ("bytes", "\(summary.endOffset)"),
                    ("in the tail", "\(summary.tailBytes)"),
                    ("segments", "\(summary.sealedSegments) sealed, \(summary.blocks) blocks"),
                    ("stored bytes", "\(summary.storedBytes)" + ratio(summary)),
                    ("records", "\(summary.records)"),
                    ("first arrival", summary.firstArrival?.rfc3339 ?? "none yet"),
                    ("last arrival", summary.lastArrival?.rfc3339 ?? "none yet"),
                ] + (summary.unread.isEmpty ? [] : [("unread", UnreadText.sentence(summary.unread))])
            return rows.map { name, value in
                name + String(repeating: " ", count: 15 - name.count) + value + "\n"
            }.joined()
        }.joined(separator: "\n")
    }

    /// One object; offsets are strings, because they may pass 2^53.
    static func json(_ summaries: [SourceSummary]) -> String {
        let sources = summaries.map { summary in
            EventValue.object(
                [
                    ("source", .string(summary.source.rawValue)),
                    ("end_offset", .string("\(summary.endOffset)")),
                    ("tail_bytes", .integer(Int64(summary.tailBytes))),
                    ("sealed_segments", .integer(Int64(summary.sealedSegments))),
                    ("blocks", .integer(Int64(summary.blocks))),
                    ("stored_bytes", .integer(Int64(summary.storedBytes))),
                    ("records", .integer(Int64(summary.records))),
                    ("first_arrival", .string(summary.firstArrival?.rfc3339 ?? "")),
                    ("last_arrival", .string(summary.lastArrival?.rfc3339 ?? "")),
                    ("gaps", .integer(Int64(summary.unread.gaps))),
                    ("unread_bytes", .integer(Int64(summary.unread.bytes))),
                ] + UnreadText.times(summary.unread)
            )
        }
        return String(decoding: EventValue.object([("sources", .array(sources))]).json, as: UTF8.self) + "\n"
    }

    private static func ratio(_ summary: SourceSummary) -> String {
        let inBlocks = Double(summary.endOffset.rawValue) - Double(summary.tailBytes)
        guard summary.storedBytes > 0, inBlocks > 0 else { return "" }
        return " (\((inBlocks / Double(summary.storedBytes) * 10).rounded() / 10):1)"
    }
}
