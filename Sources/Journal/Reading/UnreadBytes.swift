public import Time

/// What of a range cannot be read: how many bytes, and from when to when they arrived.
public struct UnreadBytes: Sendable, Equatable {
    /// Places where something is missing.
    public private(set) var gaps = 0
    /// Bytes that are missing there; more where nobody knows how many.
    public private(set) var bytes = 0
    /// The first of them arrived at this time or later; nil where nothing stands before it.
    public private(set) var from: Timestamp?
    /// The last of them arrived at this time or earlier; nil where nothing follows.
    public private(set) var to: Timestamp?
    /// Whether a gap was the last that came: what follows tells until when it lasts.
    private var isOpen = false

    /// Nothing is missing.
    public init() {}

    /// Whether nothing is missing.
    public var isEmpty: Bool { gaps == 0 }

    /// This and what is missing elsewhere.
    public func adding(_ other: UnreadBytes) -> UnreadBytes {
        guard !other.isEmpty else { return self }
        guard !isEmpty else { return other }
        var sum = self
        sum.gaps += other.gaps
        sum.bytes += other.bytes
        sum.from = from.flatMap { mine in other.from.map { min(mine, $0) } }
        sum.to = to.flatMap { mine in other.to.map { max(mine, $0) } }
        return sum
    }

    mutating func add(_ event: JournalEvent) {
        guard event.kind == EventKind.gap else { return note(event.time) }
        let isKnown = event.time.rawValue > TailEntry.timeRange.lowerBound && event.offset > .zero
        if gaps == 0 { from = isKnown ? event.time : nil }
        gaps += 1
        bytes += event.missingBytes ?? 0
        to = nil
        isOpen = true
    }

    /// Takes the time of what comes next.
    mutating func note(_ time: Timestamp) {
        guard isOpen else { return }
        isOpen = false
        to = time
    }
}
