internal import HTTPServer
internal import Synchronization
internal import Time

/// One client's server-sent events: the newest summary whenever there is a newer one, and a comment now and then that shows
/// both ends that the connection lives.
final class EventStream: HTTPBody {
    private struct State {
        /// The rest of the event that is being sent.
        var pending: ArraySlice<UInt8> = Array("retry: 2000\n\n".utf8)[...]
        var sentNumber: UInt64 = 0
        var sinceLastByte = Stopwatch()
        var control: HTTPStreamControl?
    }

    private let feed: SummaryFeed
    private let heartbeat: Duration
    private let state = Mutex(State())

    /// Makes a stream that has its place in the feed.
    init(feed: SummaryFeed, heartbeat: Duration) {
        self.feed = feed
        self.heartbeat = heartbeat
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, control: HTTPStreamControl) -> HTTPBodyStep {
        state.withLock { state in
            if state.control == nil {
                state.control = control
                feed.listen(control)
            }
            if state.pending.isEmpty { state.pending = next(&state) }
            guard !state.pending.isEmpty else {
                return .waitUpTo(max(heartbeat - state.sinceLastByte.elapsed, .milliseconds(1)))
            }
            let part = state.pending.prefix(buffer.count)
            buffer.copyBytes(from: part)
            state.pending = state.pending.dropFirst(part.count)
            state.sinceLastByte = Stopwatch()
            return .wrote(part.count)
        }
    }

    func closed() {
        feed.close(state.withLock { $0.control.take() })
    }

    /// The next event; empty where there is nothing to say yet.
    private func next(_ state: inout State) -> ArraySlice<UInt8> {
        if let entry = feed.newest, entry.number > state.sentNumber {
            state.sentNumber = entry.number
            return EventFrame.event("summary", id: entry.number, data: entry.json)[...]
        }
        return state.sinceLastByte.elapsed >= heartbeat ? EventFrame.comment[...] : []
    }
}

/// The text format of server-sent events.
enum EventFrame {
    /// What keeps a connection alive without telling the page anything.
    static let comment = Array(": still here\n\n".utf8)

    /// An event with one line of data.
    static func event(_ name: String, id: UInt64, data: [UInt8]) -> [UInt8] {
        precondition(!data.contains(10) && !data.contains(13), "an event's data is one line")
        return Array("id: \(id)\nevent: \(name)\ndata: ".utf8) + data + [10, 10]
    }
}
