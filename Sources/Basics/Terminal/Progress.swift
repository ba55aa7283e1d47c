internal import Numbers
internal import Time

/// How fast a count grows, over about the last four seconds.
public struct MovingRate: Sendable {
    private static let window = Duration.seconds(4)
    /// What comes closer to the last sample than this replaces it, so that there are never many.
    private static let spacing = Duration.milliseconds(100)

    private var samples: [(time: Duration, count: Int)] = []

    /// Starts without a rate.
    public init() {}

    /// So many a second; 0 before there are two samples.
    public var perSecond: Double {
        guard let first = samples.first, let last = samples.last, last.time > first.time else { return 0 }
        return (Double(last.count) - Double(first.count)) / (last.time - first.time).asSeconds
    }

    /// Takes in where the count stands at a time; times never decrease.
    public mutating func add(_ count: Int, at time: Duration) {
        if samples.count > 1, time - samples[samples.count - 2].time < MovingRate.spacing { samples.removeLast() }
        samples.append((time, count))
        // One sample stays from before the window, so that the rate is over all of it.
        let old = samples.dropFirst().prefix { $0.time <= time - MovingRate.window }.count
        samples.removeFirst(old)
    }
}

/// How far a piece of work of known or unknown size has come, as a line of text.
public struct Progress: Sendable {
    private let total: Int?
    private var rate = MovingRate()
    private var done = 0

    /// Starts at nothing.
    ///
    /// - Parameter total: the size in bytes, or nil where there is no end.
    public init(total: Int?) {
        self.total = total
        rate.add(0, at: .zero)
    }

    /// Takes in how much is done at a time since the start.
    public mutating func add(done: Int, at time: Duration) {
        self.done = done
        rate.add(done, at: time)
    }

    /// The share, the amount, the rate and the time that is left: `42 %, 420 MB of 1 GB, 180 MB/s, 3s left`.
    public var text: String {
        let speed = "\(ByteText.size(Int(saturating: rate.perSecond)))/s"
        guard let total, total > 0 else { return "\(ByteText.size(done)), \(speed)" }
        let share = min(100, Int(saturating: Double(done) * 100 / Double(total)))
        let amounts = "\(share) %, \(ByteText.size(done)) of \(ByteText.size(total)), \(speed)"
        guard rate.perSecond >= 1, done < total else { return amounts }
        return amounts + ", \(DurationText.short(.saturating(seconds: Double(total - done) / rate.perSecond))) left"
    }
}

/// Sizes as people read them.
public enum ByteText {
    /// Up to three digits and a unit of 1,000: `512 B`, `1.2 GB`.
    public static func size(_ bytes: Int) -> String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var value = Double(bytes)
        var unit = 0
        // What would be rounded up to four digits takes the next unit already.
        while value >= (unit == 0 ? 1_000 : 999.5), unit < units.count - 1 {
            value /= 1_000
            unit += 1
        }
        if unit == 0 { return "\(bytes) B" }
        return (value >= 99.95 ? "\(Int(value.rounded()))" : "\((value * 10).rounded() / 10)") + " " + units[unit]
    }
}

/// Lengths of time as people read them.
public enum DurationText {
    /// The two largest units: `3s`, `4m 20s`, `2h 5m`, `3d 4h`.
    public static func short(_ duration: Duration) -> String {
        let seconds = max(0, Int(saturating: duration.asSeconds.rounded()))
        switch seconds {
        case ..<60: return "\(seconds)s"
        case ..<3_600: return "\(seconds / 60)m \(seconds % 60)s"
        case ..<86_400: return "\(seconds / 3_600)h \(seconds / 60 % 60)m"
        default: return "\(seconds / 86_400)d \(seconds / 3_600 % 24)h"
        }
    }

    /// One unit, rounded down, for what is only an estimate: `40 min`, `41 h`, `12 d`, `over 1000 d`.
    public static func estimate(_ duration: Duration) -> String {
        let minutes = max(0, duration.asSeconds) / 60
        switch minutes {
        case ..<120: return "\(Int(minutes)) min"
        case ..<(100 * 60): return "\(Int(minutes / 60)) h"
        case ...(1_000 * 1_440): return "\(Int(minutes / 1_440)) d"
        default: return "over 1000 d"
        }
    }
}
