internal import Time

/// The figures for Prometheus, in its text format.
enum Metrics {
    /// The text of `/metrics`.
    static func text(_ summary: Summary?, streams: Int, isHealthy: Bool) -> String {
        var lines: [String] = []
        func metric(_ name: String, _ help: String, _ samples: [(labels: String, value: String)]) {
            lines += ["# HELP \(name) \(help)", "# TYPE \(name) gauge"]
            lines += samples.map { "\(name)\($0.labels) \($0.value)" }
        }
        metric("reprise_page_healthy", "Whether the index could be read lately.", [("", isHealthy ? "1" : "0")])
        metric("reprise_page_event_streams", "Open pages that are told of changes.", [("", String(streams))])
        if let summary {
            func samples(_ value: (Summary.Category) -> Int) -> [(labels: String, value: String)] {
                summary.categories.map { ("{category=\"\(escaped($0.name))\"}", String(value($0))) }
            }
            metric("reprise_index_posts", "Posts in the index.", samples(\.total))
            metric("reprise_index_posts_today", "Posts of the current day, UTC.", samples(\.today))
            if let newest = summary.newest.flatMap({ Timestamp(rfc3339: $0) }) {
                let seconds =
                    "\(newest.seconds).\(String(newest.rawValue - newest.seconds * 1_000_000 + 1_000_000).dropFirst())"
                metric(
                    "reprise_index_newest_timestamp_seconds",
                    "When the newest counts were observed.",
                    [("", seconds)]
                )
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func escaped(_ label: String) -> String {
        var text = ""
        for character in label.unicodeScalars {
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(character)
            }
        }
        return text
    }
}
