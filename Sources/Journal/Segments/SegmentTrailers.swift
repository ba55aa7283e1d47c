internal import Files

/// The trailers of all whole blocks of a segment, without its content.
struct SegmentTrailers {
    private(set) var blocks: [BlockTrailer] = []
    private(set) var facts: SegmentFacts
    /// Whether nothing but a seek table stands behind them, or, in an open segment, nothing that was one.
    private(set) var isWhole = true

    /// Reads them; nothing is decompressed, and only the trailers' own bytes are read.
    init(_ folder: SourceFolder, _ id: SegmentID, isSealed: Bool) throws {
        let file = try folder.disk.file(isSealed ? folder.sealed(id) : folder.open(id))
        facts = SegmentFacts(id: id)
        while let location = try BlockLocation.find(in: file, at: facts.storedBytes),
            let trailer = try location.trailer(in: file)
        {
            blocks.append(trailer)
            facts.add(trailer, storedSize: location.storedSize)
        }
        if isSealed { isWhole = try SeekTable.read(from: file)?.storedSize == facts.storedBytes }
        // Behind the blocks of a sealed segment stands its seek table.
        facts.storedBytes = try file.size()
    }
}
