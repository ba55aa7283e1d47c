/// stub until SQLite lands
final class Catalog {
    static func openForWriting(journal: String) throws -> Catalog { Catalog() }
    func newestSegment(of: SourceName) throws -> SegmentID? { nil }
    func catchUp(_ source: SourceName, folder: SourceFolder, open: SegmentFacts?) throws {}
    func add(_ trailer: BlockTrailer, to: SegmentFacts, of: SourceName) throws {}
    func save(_ facts: SegmentFacts, of: SourceName) throws {}
}
