public import Journal
internal import Sinks
public import Transform

/// What became of every record and every document of a replay; both lines balance at any time.
public struct ReplayBooks: Sendable, Equatable {
    /// Lines read, keep-alives and fragments too: yielding + dropped + failed.
    public private(set) var records = 0
    /// Records that gave all their documents, and at least one.
    public private(set) var yielding = 0
    /// Records that gave none, as it should be, by reason.
    public private(set) var dropped: [DropReason: Int] = [:]
    /// Records that should have given one and did not, or answers of which a post could not be read, by reason.
    public private(set) var failed: [FailReason: Int] = [:]
    /// Where the first failed records stand, by reason: five of each at most.
    public private(set) var failedAt: [FailReason: [JournalPosition]] = [:]
    /// Values left out of documents because X sent them with another type than it documents.
    public private(set) var leftOutValues = 0
    /// Where the first records with such values stand, five at most.
    public private(set) var leftOutAt: [JournalPosition] = []
    /// What of the range is missing or damaged; how many records stood there is unknown.
    public private(set) var unread = UnreadBytes()
    /// Places where that is so.
    public var gaps: Int { unread.gaps }
    /// Documents delivered: accepted + stale + rejected + skipped.
    public private(set) var documents = 0
    /// Documents that the sink took.
    public private(set) var accepted = 0
    /// Documents that the sink did not need.
    public private(set) var stale = 0
    /// Documents that the sink refused.
    public private(set) var rejected = 0
    /// Documents that were left out because that was asked for.
    public private(set) var skipped = 0

    /// Makes empty books.
    public init() {}

    /// These and others together, of two replays one after the other.
    public func adding(_ more: ReplayBooks) -> ReplayBooks {
        var sum = self
        sum.records += more.records
        sum.yielding += more.yielding
        sum.dropped.merge(more.dropped, uniquingKeysWith: +)
        sum.failed.merge(more.failed, uniquingKeysWith: +)
        sum.failedAt.merge(more.failedAt) { Array(($0 + $1).prefix(Self.placeLimit)) }
        sum.leftOutValues += more.leftOutValues
        sum.leftOutAt = Array((leftOutAt + more.leftOutAt).prefix(Self.placeLimit))
        sum.unread = sum.unread.adding(more.unread)
        sum.documents += more.documents
        sum.accepted += more.accepted
        sum.stale += more.stale
        sum.rejected += more.rejected
        sum.skipped += more.skipped
        return sum
    }

    /// Records dropped for any reason.
    public var droppedCount: Int { dropped.values.reduce(0, +) }
    /// Records that failed for any reason.
    public var failedCount: Int { failed.values.reduce(0, +) }
    /// Whether nothing that should have arrived is missing.
    public var isComplete: Bool { failedCount == 0 && leftOutValues == 0 && rejected == 0 && gaps == 0 }

    private static let placeLimit = 5

    /// Counts a record.
    ///
    /// - Parameters:
    ///   - leftOut: the values that were left out of its documents.
    ///   - position: where it stands; asked for only where something is wrong with it.
    mutating func add(_ outcome: TransformOutcome, leftOut: Int, at position: @autoclosure () -> JournalPosition) {
        records += 1
        if leftOut > 0 {
            leftOutValues += leftOut
            if leftOutAt.count < Self.placeLimit { leftOutAt.append(position()) }
        }
        switch outcome {
        case .yielded: yielding += 1
        case .dropped(let reason): dropped[reason, default: 0] += 1
        case .failed(let reason):
            failed[reason, default: 0] += 1
            if failed[reason, default: 0] <= Self.placeLimit { failedAt[reason, default: []].append(position()) }
        }
    }

    mutating func set(unread: UnreadBytes) { self.unread = unread }

    /// Takes over what the delivery says of all documents so far.
    mutating func set(_ counts: DeliveryCounts) {
        documents = counts.accepted + counts.stale + counts.rejected + counts.skipped
        skipped = counts.skipped
        accepted = counts.accepted
        stale = counts.stale
        rejected = counts.rejected
    }
}
