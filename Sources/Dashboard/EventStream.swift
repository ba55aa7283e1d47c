internal import HTTPServer
internal import Synchronization
internal import Time

/// One client's server-sent events: the newest summary whenever there is a newer one, and a comment now and then that shows
/// both ends that the connection lives.
final class EventStream: HTTPBody {
    private struct State {
        var writer = EventWriter()
        var sinceLastByte = Stopwatch()
        var control: HTTPStreamControl?
    }

    private let feed: SummaryFeed
    private let client: String
    private let heartbeat: Duration
    private let state = Mutex(State())

    /// Makes a stream that has its client's place in the feed.
    init(feed: SummaryFeed, client: String, heartbeat: Duration) {
        self.feed = feed
        self.client = client
        self.heartbeat = heartbeat
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, control: HTTPStreamControl) -> HTTPBodyStep {
        state.withLock { state in
            if state.control == nil {
                state.control = control
                feed.listen(control)
            }
            let quiet = state.sinceLastByte.elapsed
            let count = state.writer.write(into: buffer, newest: feed.newest, isQuiet: quiet >= heartbeat)
            guard count > 0 else { return .waitUpTo(max(heartbeat - quiet, .milliseconds(1))) }
            state.sinceLastByte = Stopwatch()
            return .wrote(count)
        }
    }

    func closed() {
        feed.close(state.withLock { $0.control.take() }, of: client)
    }
}

/// What one client has been sent: an event that was begun is finished, and the next one is always the newest, so a client
/// that reads slowly never has more than one event waiting for it.
struct EventWriter {
    /// The rest of the event that is being sent.
    private var pending: ArraySlice<UInt8> = Array("retry: 2000\n\n".utf8)[...]
    private var sentNumber: UInt64 = 0

    /// Writes what is to be sent next; 0 where there is nothing.
    ///
    /// - Parameters:
    ///   - buffer: takes the bytes; an event longer than it is sent in parts.
    ///   - newest: the newest state.
    ///   - isQuiet: whether a comment is due where there is nothing to tell.
    mutating func write(into buffer: UnsafeMutableRawBufferPointer, newest: SummaryFeed.Entry?, isQuiet: Bool) -> Int {
        if pending.isEmpty {
            if let newest, newest.number > sentNumber {
                sentNumber = newest.number
                pending = EventFrame.event("summary", id: newest.number, data: newest.json)[...]
            } else if isQuiet {
                pending = EventFrame.comment[...]
            }
        }
        let part = pending.prefix(buffer.count)
        buffer.copyBytes(from: part)
        pending = pending.dropFirst(part.count)
        return part.count
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
