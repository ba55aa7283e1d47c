internal import Lifecycle
internal import Time

/// The figures for Prometheus, in its text format.
enum Metrics {
    /// The text of `/metrics`.
    static func text(_ summary: Summary?, streams: Int, isHealthy: Bool, parts: [HealthBoard.Entry] = []) -> String {
        var lines: [String] = []
        func metric(_ name: String, _ help: String, _ samples: [(labels: String, value: String)]) {
            lines += ["# HELP \(name) \(help)", "# TYPE \(name) gauge"]
            lines += samples.map { "\(name)\($0.labels) \($0.value)" }
        }
        metric("reprise_page_healthy", "Whether the index could be read lately.", [("", isHealthy ? "1" : "0")])
        metric("reprise_page_event_streams", "Open pages that are told of changes.", [("", String(streams))])
        if !parts.isEmpty {
            func samples(_ value: (HealthBoard.Entry) -> String) -> [(labels: String, value: String)] {
                parts.map { ("{part=\"\(escaped($0.name))\"}", value($0)) }
            }
            metric(
                "reprise_part_works",
                "Whether a part of the program works; 0 where it is tried again.",
                samples { $0.trouble == nil ? "1" : "0" }
            )
            metric(
                "reprise_part_failures",
                "How often a part has failed since the start.",
                samples { "\($0.failures)" }
            )
        }
        if let summary {
            func samples(_ value: (Summary.Category) -> Int) -> [(labels: String, value: String)] {
                summary.categories.map { ("{category=\"\(escaped($0.name))\"}", String(value($0))) }
            }
            metric("reprise_index_posts", "Posts in the index.", samples(\.total))
            metric("reprise_index_posts_today", "Posts of the current day, UTC.", samples(\.today))
            metric("reprise_index_likes", "Likes of all posts, as last observed.", samples(\.likes))
            metric("reprise_index_posts_with_likes", "Posts whose likes are known.", samples(\.counted))
            func time(_ name: String, _ help: String, _ value: String?) {
                guard let time = value.flatMap({ Timestamp(rfc3339: $0) }) else { return }
                metric(name, help, [("", seconds(time))])
            }
            time("reprise_index_newest_timestamp_seconds", "When the newest counts were observed.", summary.newest)
            time(
                "reprise_index_oldest_likes_timestamp_seconds",
                "The minute in which the oldest of the likes were observed.",
                summary.oldestLikes
            )
            time(
                "reprise_index_newest_likes_timestamp_seconds",
                "The minute in which the newest of the likes were observed.",
                summary.newestLikes
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func seconds(_ time: Timestamp) -> String {
        "\(time.seconds).\(String(time.rawValue - time.seconds * 1_000_000 + 1_000_000).dropFirst())"
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
