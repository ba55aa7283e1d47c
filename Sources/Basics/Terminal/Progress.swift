internal import Time

/// How fast a count grows; about the last two seconds count.
public struct MovingRate: Sendable {
    private var last: (time: Duration, count: Int)?
    /// So many a second.
    public private(set) var perSecond = 0.0

    /// Starts without a rate.
    public init() {}

    /// Takes in where the count stands at a time.
    public mutating func add(_ count: Int, at time: Duration) {
        if let last {
            guard time > last.time else { return }
            let passed = (time - last.time).asSeconds
            let rate = Double(count - last.count) / passed
            perSecond += (rate - perSecond) * (perSecond == 0 ? 1 : min(1, passed / 2))
        }
        last = (time, count)
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
    public init(total: Int?) { self.total = total }

    /// Takes in how much is done at a time since the start.
    public mutating func add(done: Int, at time: Duration) {
        self.done = done
        rate.add(done, at: time)
    }

    /// The share, the amount, the rate and the time that is left: `42 %, 420 MB of 1 GB, 180 MB/s, 3s left`.
    public var text: String {
        let speed = "\(ByteText.size(Int(rate.perSecond)))/s"
        guard let total, total > 0 else { return "\(ByteText.size(done)), \(speed)" }
        let share = min(100, done * 100 / total)
        let amounts = "\(share) %, \(ByteText.size(done)) of \(ByteText.size(total)), \(speed)"
        guard rate.perSecond >= 1, done < total else { return amounts }
        return amounts + ", \(DurationText.short(.seconds(Double(total - done) / rate.perSecond))) left"
    }
}

/// Sizes as people read them.
public enum ByteText {
    /// Up to three digits and a unit of 1,000: `512 B`, `1.2 GB`.
    public static func size(_ bytes: Int) -> String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1_000, unit < units.count - 1 {
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
        let seconds = max(0, Int(duration.asSeconds.rounded()))
        switch seconds {
        case ..<60: return "\(seconds)s"
        case ..<3_600: return "\(seconds / 60)m \(seconds % 60)s"
        case ..<86_400: return "\(seconds / 3_600)h \(seconds / 60 % 60)m"
        default: return "\(seconds / 86_400)d \(seconds / 3_600 % 24)h"
        }
    }
}
