internal import Files

/// Appends blocks to the open segment and seals it; one thread at a time.
final class SegmentAppender {
    private let folder: SourceFolder
    /// For the empty block that a segment begins with.
    private let builder: BlockBuilder
    private var segment: SegmentWriter?
    private var nextSegment: SegmentID
    /// Where the source's blocks end.
    private(set) var state: SourceState
    private var inForce: EventsInForce

    init(folder: SourceFolder, found: RecoveredSource) throws {
        self.folder = folder
        builder = try BlockBuilder(source: folder.source, folder.geometry)
        segment = found.segment
        nextSegment = found.nextSegment
        state = found.state
        inForce = found.inForce
    }

    /// The open segment's facts, or nil where none is open.
    var openSegment: SegmentFacts? { segment?.facts }

    /// The file that the newest block stands in, to be synced; nil while no segment is open.
    var openFile: FileHandle? { segment?.file }

    /// Appends a block; its slot may be used again when `openFile` has been synced.
    ///
    /// - Throws: `JournalError`: `corrupt` where the block does not go on where the last one ended, `io`.
    func append(_ block: BlockBuilder.Block) throws {
        guard block.previous == state else {
            throw JournalError(
                .corrupt,
                "\(folder.path): a block goes on at \(block.previous.endOffset), but the blocks end at \(state.endOffset)"
            )
        }
        if segment == nil {
            segment = try SegmentWriter.create(
                nextSegment,
                in: folder,
                state: state,
                inForce: inForce,
                builder: builder
            )
            nextSegment = nextSegment.next
        }
        try segment?.append(block)
        state = block.state
        inForce.add(block.trailer.events)
    }

    /// Seals the open segment, if one is open; durable on return.
    func seal() throws -> SegmentFacts? {
        try segment?.seal()
        defer { segment = nil }
        return segment?.facts
    }
}
