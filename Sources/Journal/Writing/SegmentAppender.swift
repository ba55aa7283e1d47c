/// Turns filled tail slots into blocks of the open segment, and open segments into sealed ones: one thread's.
final class SegmentAppender {
    private let folder: SourceFolder
    private let builder: BlockBuilder
    private var segment: SegmentWriter?
    private var nextSegment: SegmentID
    /// Where the source's blocks end.
    private(set) var state: SourceState
    private var inForce: EventsInForce

    /// zstd's default level: level 6 gains 11 % for 2.2 times the processor time.
    static let compressionLevel = 3

    init(folder: SourceFolder, found: RecoveredSource) throws {
        self.folder = folder
        builder = try BlockBuilder(source: folder.source, level: SegmentAppender.compressionLevel)
        segment = found.segment
        nextSegment = found.nextSegment
        state = found.state
        inForce = found.inForce
    }

    /// The open segment's facts, or nil where none is open.
    var openSegment: SegmentFacts? { segment?.facts }

    /// The file that the newest block stands in, to be synced; nil while no segment is open.
    var openFile: FileHandle? { segment?.file }

    /// Appends what a slot holds as one block; its slot may be used again when `openFile` has been synced.
    ///
    /// - Parameter slot: the slot's bytes; they are overwritten.
    /// - Returns: the block's trailer, or nil where the slot begins with nothing that goes on from the last block.
    func append(slot: UnsafeMutableRawBufferPointer) throws -> BlockTrailer? {
        guard let entry = TailEntry.parse(UnsafeRawBufferPointer(slot)), entry.sequence == state.lastSequence + 1,
            entry.offset == state.endOffset
        else { return nil }
        // The file comes first: its opening block uses the builder too.
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
        guard let block = try builder.build(slot: slot, after: state) else { return nil }
        try segment?.append(block)
        state = block.state
        inForce.add(block.trailer.events)
        return block.trailer
    }

    /// Seals the open segment, if one is open; durable on return.
    func seal() throws -> SegmentFacts? {
        try segment?.seal()
        defer { segment = nil }
        return segment?.facts
    }
}
