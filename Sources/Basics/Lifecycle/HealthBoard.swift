internal import Synchronization

/// What long-lived parts say of themselves: which work, and which have failed and why.
///
/// From any thread.
public final class HealthBoard: Sendable {
    /// What one part says.
    public struct Entry: Sendable, Hashable {
        /// The part's name: `recorder`, `page`, `feed ndjson:live.ndjson`.
        public let name: String
        /// Why it does not work; nil where it does.
        public let trouble: String?
        /// How often it has failed since the start.
        public let failures: Int
    }

    private let entries = Mutex<[String: Entry]>([:])

    /// Makes an empty board.
    public init() {}

    /// Everything, by name.
    public var all: [Entry] { entries.withLock { $0.values.sorted { $0.name < $1.name } } }

    /// Notes that a part works.
    public func works(_ name: String) { set(name, nil) }

    /// Notes that a part has failed.
    public func failed(_ name: String, _ trouble: String) { set(name, trouble) }

    private func set(_ name: String, _ trouble: String?) {
        entries.withLock { entries in
            let failures = (entries[name]?.failures ?? 0) + (trouble == nil ? 0 : 1)
            entries[name] = Entry(name: name, trouble: trouble, failures: failures)
        }
    }
}
