internal import HTTPServer
internal import Synchronization

/// The newest summary, and everyone who wants to hear of the next one.
///
/// It holds one state only: a client that reads slowly skips what it missed and gets the newest one.
final class SummaryFeed: Sendable {
    /// A state and its number; numbers grow.
    struct Entry: Sendable {
        let number: UInt64
        let summary: Summary
        /// The summary as one line of JSON.
        let json: [UInt8]
    }

    private struct State {
        var entry: Entry?
        var listeners: [ObjectIdentifier: HTTPStreamControl] = [:]
        var streamCount = 0
        var clients: [String: Int] = [:]
    }

    private let state = Mutex(State())
    /// The most event streams at a time; each takes one of the server's connections.
    let streamLimit: Int
    /// The most of them that one client may have.
    let streamsPerClient: Int

    init(streamLimit: Int, streamsPerClient: Int) {
        self.streamLimit = streamLimit
        self.streamsPerClient = streamsPerClient
    }

    /// The newest state; nil before the first.
    var newest: Entry? { state.withLock { $0.entry } }

    /// How many event streams are open.
    var streamCount: Int { state.withLock { $0.streamCount } }

    /// Makes a state the newest and wakes the listeners.
    func publish(_ summary: Summary, json: [UInt8]) {
        let listeners = state.withLock { state in
            state.entry = Entry(number: (state.entry?.number ?? 0) + 1, summary: summary, json: json)
            return Array(state.listeners.values)
        }
        // Outside the lock: a control takes one of its own, and its body asks this feed while it holds it.
        for listener in listeners { listener.resume() }
    }

    /// Takes a place for a client's stream; false where all are taken, or all that this client may have.
    func open(for client: String) -> Bool {
        state.withLock {
            guard $0.streamCount < streamLimit, $0.clients[client, default: 0] < streamsPerClient else { return false }
            $0.streamCount += 1
            $0.clients[client, default: 0] += 1
            return true
        }
    }

    /// Wakes this stream from now on.
    func listen(_ control: HTTPStreamControl) {
        state.withLock { $0.listeners[ObjectIdentifier(control)] = control }
    }

    /// Gives the client's place back.
    func close(_ control: HTTPStreamControl?, of client: String) {
        state.withLock {
            $0.streamCount -= 1
            let left = $0.clients[client, default: 1] - 1
            $0.clients[client] = left > 0 ? left : nil
            if let control { $0.listeners[ObjectIdentifier(control)] = nil }
        }
    }
}
