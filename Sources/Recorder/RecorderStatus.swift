public import Time

/// Where a recorder stands.
public struct RecorderStatus: Sendable, Hashable {
    /// What it does just now.
    public enum Phase: Sendable, Hashable {
        /// It asks X for the stream.
        case connecting
        /// The stream is open.
        case streaming
        /// It waits before it connects again.
        case waiting(until: Timestamp, reason: String)
        /// The budget is spent, and it waits for the next day or month; nil where the budget never renews.
        case budgetSpent(until: Timestamp?)
        /// It has ended.
        case ended
    }

    /// What it does just now.
    public var phase = Phase.connecting
    /// Connections that were opened.
    public var connections = 0
    /// What went to the journal.
    public var counts = DeliveryCounts()
    /// Posts that still fit into the budget, or nil without one.
    public var budgetLeft: Int?
    /// Bytes that are free on the journal's disk; nil where nobody watches it, or nobody can tell.
    public var freeBytes: Int?
    /// How long the disk lasts at the rate of the last minutes, down to its floor; nil before a minute was measured.
    public var roomLeft: Duration?
    /// How the last connection ended, or nil before that.
    public var lastEnd: ConnectionEnd?
    /// Connections that ended inside a line: a fragment of a record was kept.
    public var fragments = 0
    /// What the journal's start found lost, and what it rescued.
    public var recovery = RecoveryCounts()

    /// Makes the state of a recorder that has not begun.
    public init() {}
}

/// Why a connection ended, as the journal's `closed` event says it.
public enum ConnectionEnd: String, Sendable, Hashable {
    /// The server ended the body in order.
    case serverClosed = "server-closed"
    /// The connection was closed inside the body.
    case cut
    /// The connection was reset or broke.
    case reset
    /// Nothing came for too long.
    case stalled
    /// We were asked to stop, or the time to record was over.
    case stopped
    /// The budget is used up.
    case budget
    /// The journal's disk is down to its floor.
    case diskFloor = "disk-floor"
    /// What came was not X's stream: the page of a portal or a proxy.
    case foreign
    /// Anything else.
    case error

    /// Whether bytes may have been lost.
    public var isLossy: Bool {
        switch self {
        case .cut, .reset, .stalled, .error: true
        case .serverClosed, .stopped, .budget, .diskFloor, .foreign: false
        }
    }
}
