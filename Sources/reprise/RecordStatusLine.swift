internal import Options
internal import Recorder
internal import Synchronization
internal import Terminal
internal import Time

/// The line that `record` and `run` keep on a terminal: what came, how fast, and what a power cut would take.
final class RecordStatusLine: Sendable {
    private let line: StatusLine
    private let stopwatch = Stopwatch()
    private let rate = Mutex(MovingRate())

    /// A line where somebody watches standard error and reads text there.
    static func ifWatched(_ invocation: Invocation) -> RecordStatusLine? {
        guard StandardError.isTerminal(invocation.environment), invocation.string("log-format") != "json" else {
            return nil
        }
        return StatusLine.onStandardError().map(RecordStatusLine.init)
    }

    private init(_ line: StatusLine) { self.line = line }

    /// Draws the line anew.
    func show(_ status: RecorderStatus) {
        if case .ended = status.phase { return line.clear() }
        let perSecond = rate.withLock { rate in
            rate.add(status.counts.records, at: stopwatch.elapsed)
            return rate.perSecond
        }
        line.show(Self.text(status, perSecond))
    }

    private static func text(_ status: RecorderStatus, _ rate: Double) -> String {
        let phase =
            switch status.phase {
            case .connecting: "connecting"
            case .streaming: "recording"
            case .waiting(let until, _): "connecting again at \(until.rfc3339.dropFirst(11).prefix(8))"
            case .budgetSpent(let until?): "budget spent until \(until.rfc3339.prefix(16))Z"
            case .budgetSpent(nil): "budget spent"
            case .ended: "ended"
            }
        let counts = status.counts
        let budget = status.budgetLeft.map { ", \($0) left in the budget" } ?? ""
        let room = status.roomLeft.map { ", room \(DurationText.estimate($0))" } ?? ""
        return "\(phase): \(counts.records) posts, \(Int(rate.rounded())) a second, \(ByteText.size(counts.bytes)), "
            + "\(ByteText.size(counts.unsyncedBytes)) not synced\(budget)\(room)"
    }
}
