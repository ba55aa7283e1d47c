internal import Index
internal import Numbers
internal import Time

/// Posts along time; as JSON the answer of `/api/timeline`.
struct Timeline: Codable, Equatable, Sendable {
    struct Series: Codable, Equatable, Sendable {
        /// The category's name.
        var category: String
        /// The side it counts for; missing for neither.
        var side: String?
        /// Its posts in each bucket, oldest first.
        var counts: [Int]
    }

    /// The stretches of time that the page offers.
    enum Range: String, CaseIterable, Sendable {
        case hour = "1h"
        case sixHours = "6h"
        case day = "24h"

        /// The length of a bucket in minutes.
        var bucketMinutes: Int {
            switch self {
            case .hour: 1
            case .sixHours: 5
            case .day: 15
            }
        }

        /// How many buckets there are, the unfinished one of now included.
        var bucketCount: Int {
            switch self {
            case .hour: 60
            case .sixHours: 72
            case .day: 96
            }
        }

        /// Where the first bucket begins, so that the last one holds `now` and all begin at round times.
        func start(at now: Timestamp) -> Timestamp {
            let bucket = Int64(bucketMinutes) * 60_000_000
            let last = now.rawValue - (now.rawValue % bucket + bucket) % bucket
            return Timestamp(microseconds: last - bucket * Int64(bucketCount - 1))
        }
    }

    /// The range that was asked for: `1h`, `6h` or `24h`.
    var range: String
    /// Where the first bucket begins, RFC 3339.
    var start: String
    /// The length of a bucket in seconds.
    var bucketSeconds: Int
    /// How many buckets there are.
    var bucketCount: Int
    /// The categories in the order of the summary's.
    var series: [Series]

    init(_ timeline: IndexTimeline, range: Range, sides: [Side]) {
        self.range = range.rawValue
        start = timeline.start.rfc3339
        bucketSeconds = timeline.bucketMinutes * 60
        bucketCount = range.bucketCount
        var series = timeline.series.map {
            Series(
                category: $0.category.isEmpty ? Summary.nameless : $0.category,
                side: Side.of($0.category, among: sides)?.name,
                counts: $0.counts
            )
        }
        func sum(_ series: Series) -> Int { series.counts.saturatingSum() }
        series.sort { (sum($0), $1.category) > (sum($1), $0.category) }
        if series.count > Summary.categoryLimit {
            let rest = series[(Summary.categoryLimit - 1)...]
            let counts = (0..<range.bucketCount).map { bucket in rest.map { $0.counts[bucket] }.saturatingSum() }
            series.removeLast(rest.count)
            series.append(Series(category: Summary.rest, side: nil, counts: counts))
        }
        self.series = series
    }
}
