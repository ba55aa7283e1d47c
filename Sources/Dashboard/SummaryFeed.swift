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
    }

    private let state = Mutex(State())
    /// The most event streams at a time; each takes one of the server's connections.
    let streamLimit: Int

    init(streamLimit: Int) {
        self.streamLimit = streamLimit
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

    /// Takes a place for a stream; false where all are taken.
    func open() -> Bool {
        state.withLock {
            guard $0.streamCount < streamLimit else { return false }
            $0.streamCount += 1
            return true
        }
    }

    /// Wakes this stream from now on.
    func listen(_ control: HTTPStreamControl) {
        state.withLock { $0.listeners[ObjectIdentifier(control)] = control }
    }

    /// Gives the place back.
    func close(_ control: HTTPStreamControl?) {
        state.withLock {
            $0.streamCount -= 1
            if let control { $0.listeners[ObjectIdentifier(control)] = nil }
        }
    }
}
