/// Something that is wrong with a journal: what, where, and what to do.
///
/// It never carries bytes of a record.
public struct JournalFinding: Sendable, Hashable {
    /// What is wrong; the words are stable, and new ones may come.
    public enum Code: String, Sendable, CaseIterable {
        /// Stored bytes that are no whole block agreeing with its checksum.
        case blockDamaged = "block-damaged"
        /// A block agrees with its checksum, but does not hold what its trailer says.
        case blockWrong = "block-wrong"
        /// A sealed segment's seek table is missing, damaged, or not that of its frames.
        case seekTableWrong = "seek-table-wrong"
        /// A segment that is followed by another was never sealed: a copy of a journal that was being written.
        case unsealed
        /// A segment has no file.
        case segmentMissing = "segment-missing"
        /// A block or segment begins behind where the one before it ended.
        case hole
        /// A block or segment begins before the one before it ended.
        case overlap
        /// Arrivals or sequences go back.
        case orderWrong = "order-wrong"
        /// A file that bears no segment's name holds bytes that no segment holds.
        case misplaced
        /// What bears a name of the journal's own files and is none of them: a FIFO, a folder, a link, a file with something else.
        case foreignFile = "foreign-file"
        /// Entries of the tail that later ones prove are damaged or gone.
        case tailDamaged = "tail-damaged"
        /// The tail has no file, or is shorter than a writer makes it: nobody knows whether anything stood there.
        case tailMissing = "tail-missing"
        /// The catalog cannot be read.
        case catalogDamaged = "catalog-damaged"
        /// The catalog contradicts the segments.
        case catalogWrong = "catalog-wrong"
    }

    /// How bad it is.
    public enum Severity: String, Sendable {
        /// Bytes that were recorded cannot be read.
        case loss
        /// Everything can be read, but something must be put right.
        case fault
    }

    /// What is wrong.
    public let code: Code
    /// The source.
    public let source: SourceName
    /// The file, in the journal's folder.
    public let file: String
    /// The first byte of the file that is concerned, or nil for the file as a whole.
    public let byte: Int?
    /// The first offset in the source that is concerned, or nil where it is not known.
    public let offset: ByteOffset?
    /// What is wrong, in a sentence.
    public let message: String

    /// How bad it is.
    public var severity: Severity {
        switch code {
        case .blockDamaged, .segmentMissing, .hole, .tailDamaged: .loss
        case .blockWrong, .seekTableWrong, .unsealed, .overlap, .orderWrong, .tailMissing, .catalogDamaged,
            .catalogWrong, .misplaced, .foreignFile:
            .fault
        }
    }

    /// What to do.
    public var advice: String {
        switch code {
        case .catalogDamaged, .catalogWrong: "run 'reprise journal rebuild'"
        case .orderWrong, .blockWrong: "restore the file from a copy; please report how it came about"
        case .tailMissing: "start the recorder, or run 'reprise journal repair': either makes it anew"
        case .misplaced:
            "run 'reprise journal repair': it gives the file its number, or copies what fits into a gap; keep the file till then"
        case .foreignFile: "move it out of the journal, or run 'reprise journal repair', which sets it aside"
        case .overlap:
            "run 'reprise journal repair': it gives every segment the number of its offsets, and removes nothing"
        default: "restore the file from a copy, or run 'reprise journal repair' to keep what is whole"
        }
    }
}
