internal import Glibc
internal import Options
internal import Replayer
internal import Sinks
internal import Synchronization
internal import Terminal
internal import Time

/// The line that `replay` keeps on a terminal: how far it is, how fast, and how long it will take; of several sinks, for the
/// one that is least far.
final class ReplayStatusLine: Sendable {
    private struct Sink {
        var state: ReplayProgress
        var progress: Progress
    }

    private let line: StatusLine
    private let stopwatch = Stopwatch()
    private let count: Int
    private let sinks = Mutex<[String: Sink]>([:])

    /// A line where somebody watches standard error, and the documents do not go to the same terminal.
    static func ifWatched(_ invocation: Invocation, _ addresses: [SinkAddress]) -> ReplayStatusLine? {
        guard StandardError.isTerminal(invocation.environment),
            !addresses.contains(.standardOutput) || isatty(1) == 0
        else { return nil }
        return StatusLine.onStandardError().map { ReplayStatusLine($0, count: addresses.count) }
    }

    private init(_ line: StatusLine, count: Int) {
        self.line = line
        self.count = count
    }

    func show(_ state: ReplayProgress, of address: SinkAddress) {
        let text = sinks.withLock { sinks in
            var sink = sinks["\(address)"] ?? Sink(state: state, progress: Progress(total: state.bytesTotal))
            sink.state = state
            sink.progress.add(done: state.bytesDone, at: stopwatch.elapsed)
            sinks["\(address)"] = sink
            return describe(sinks)
        }
        line.show(text)
    }

    /// A sink that has ended holds the others' line up no more.
    func end(of address: SinkAddress) { _ = sinks.withLock { $0.removeValue(forKey: "\(address)") } }

    func clear() { line.clear() }

    private func describe(_ sinks: [String: Sink]) -> String {
        guard let (name, sink) = sinks.min(by: { $0.value.state.isLessFar(than: $1.value.state) }) else { return "" }
        // Behind everything else: a narrow terminal cuts it off.
        let what = count == 1 ? "" : "; \(sinks.count) of \(count) sinks, least far \(name)"
        let lag = sink.state.lag.map { ", \(DurationText.short($0)) behind" } ?? ""
        return "replaying: \(sink.progress.text)\(lag), \(sink.state.books.documents) documents\(what)"
    }
}
