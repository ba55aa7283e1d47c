public import Time

/// What a repair did, or would do, with one file.
public struct RepairStep: Sendable, Equatable {
    /// What becomes of a file.
    public enum Action: String, Sendable {
        /// Written anew with its whole blocks, and a gap for what is gone.
        case rewritten
        /// Made, with nothing but a gap, in the place of a file that is missing.
        case made
        /// Whole entries behind damage in the tail, made into blocks behind a gap.
        case rescued
        /// A whole segment given the number that its offsets give it.
        case moved
        /// Taken out of the way, under a name that says why: it holds nothing of this source, or nothing that others do not.
        case setAside = "set aside"
        /// Left as it is: it holds bytes that no segment holds, and they fit nowhere.
        case unplaced = "left as it is"
    }

    /// A stretch of the source that nobody can read any more.
    public struct Gap: Sendable, Equatable {
        /// The first offset.
        public let offset: ByteOffset
        /// Bytes; 0 where only events are gone, or where it is not known whether anything is.
        public let bytes: Int
        /// What is gone arrived at this time or later; nil where nothing stands before it.
        public let from: Timestamp?
        /// What is gone arrived before this time; nil where nothing follows.
        public let to: Timestamp?
    }

    /// The source.
    public let source: SourceName
    /// The file, in the journal's folder.
    public let file: String
    /// What becomes of it.
    public let action: Action
    /// Whole blocks kept.
    public internal(set) var blocks = 0
    /// Bytes of the source in them.
    public internal(set) var bytes = 0
    /// Records that end in them.
    public internal(set) var records = 0
    /// Bytes of the source that came from elsewhere, the tail for example, into the place of what was damaged.
    public internal(set) var rescuedBytes = 0
    /// What is gone, and in the segments now a gap.
    public internal(set) var gaps: [Gap] = []
    /// What the old file is called now; nil where there was none.
    public internal(set) var keptAs: String?

    /// Whether nothing is gone, and nothing is left out of the segments.
    public var isWhole: Bool { gaps.isEmpty && action != .unplaced }

    /// Bytes that are gone.
    public var missingBytes: Int { gaps.reduce(0) { $0 + $1.bytes } }
}
