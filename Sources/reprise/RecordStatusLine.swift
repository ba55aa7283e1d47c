internal import Logging
internal import Recorder
internal import Synchronization
internal import Time

/// The one line that `record` keeps on a terminal: what came, how fast, and what a power cut would take.
///
/// Log messages go through it, so that each stands on a line of its own above.
final class RecordStatusLine: LogSink {
    private struct State {
        var isShown = false
        var last: (time: Duration, records: Int)?
        var rate = 0.0
    }

    private let log: any LogSink
    private let stopwatch = Stopwatch()
    private let state = Mutex(State())

    /// Makes a line on standard error; messages go on to another sink.
    init(over log: any LogSink) {
        self.log = log
    }

    func write(
        label: String,
        level: Logger.Level,
        message: String,
        metadata: [(String, String)],
        at time: Timestamp
    ) {
        state.withLock { state in
            if state.isShown { StandardError.write(Self.clear) }
            state.isShown = false
            log.write(label: label, level: level, message: message, metadata: metadata, at: time)
        }
    }

    /// Draws the line anew.
    func show(_ status: RecorderStatus) {
        let now = stopwatch.elapsed
        state.withLock { state in
            if case .ended = status.phase {
                if state.isShown { StandardError.write(Self.clear) }
                state.isShown = false
                return
            }
            if let last = state.last, now > last.time {
                let rate = Double(status.counts.records - last.records) / (now - last.time).asSeconds
                // About the last two seconds count.
                let weight = state.rate == 0 ? 1 : min(1, (now - last.time).asSeconds / 2)
                state.rate += (rate - state.rate) * weight
            }
            state.last = (now, status.counts.records)
            state.isShown = true
            StandardError.write(Self.clear + String(Self.text(status, state.rate).prefix(StandardError.width - 1)))
        }
    }

    private static let clear = "\r\u{1b}[K"

    private static func text(_ status: RecorderStatus, _ rate: Double) -> String {
        let phase =
            switch status.phase {
            case .connecting: "connecting"
            case .streaming: "recording"
            case .waiting(let until, _): "connecting again at \(until.rfc3339.dropFirst(11).prefix(8))"
            case .ended: "ended"
            }
        let counts = status.counts
        let budget = status.budgetLeft.map { ", \($0) left in the budget" } ?? ""
        return "\(phase): \(counts.records) posts, \(Int(rate.rounded())) a second, \(size(counts.bytes)), "
            + "\(size(counts.unsyncedBytes)) not synced\(budget)"
    }

    private static func size(_ bytes: Int) -> String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1_000, unit < units.count - 1 {
            value /= 1_000
            unit += 1
        }
        let rounded = (value * 10).rounded() / 10
        return (unit == 0 ? "\(bytes)" : "\(rounded)") + " " + units[unit]
    }
}
