import Files
import Compression
import Glibc
import SQLite
import TestSupport
import Time

@testable import Journal

/// Makes many sealed segments fast: each block has the same content, and a trailer and checksum of its own.
///
/// A delivery arrives every second and holds lines of one length, so that offsets and times tell each other.
struct SegmentFactory {
    let lineLength: Int
    let linesPerDelivery: Int
    let deliveriesPerBlock: Int
    let blocksPerSegment: Int
    let start = Timestamp(microseconds: 1_700_000_000_000_000)
    private let content: [UInt8]

    /// A segment of one line, as the smallest there is.
    static let tiny = SegmentFactory(lineLength: 16, linesPerDelivery: 1, deliveriesPerBlock: 1, blocksPerSegment: 1)
    /// Segments of 256 MiB in blocks of 4 MiB, which compress 3.3:1: posts, at 4.6:1, are quicker to read.
    static let large = SegmentFactory(
        lineLength: 1_092,
        linesPerDelivery: 15,
        deliveriesPerBlock: 256,
        blocksPerSegment: 64
    )

    init(lineLength: Int, linesPerDelivery: Int, deliveriesPerBlock: Int, blocksPerSegment: Int) {
        self.lineLength = lineLength
        self.linesPerDelivery = linesPerDelivery
        self.deliveriesPerBlock = deliveriesPerBlock
        self.blocksPerSegment = blocksPerSegment
        var random = SeededRandom(seed: 1)
        let lines = linesPerDelivery * deliveriesPerBlock
        content = (0..<lines).flatMap { _ in
            (0..<lineLength).map { index in
                if index == lineLength - 1 { return UInt8(10) }
                return index % 5 == 0 ? UInt8.random(in: 48...111, using: &random) : UInt8(97 + index % 26)
            }
        }
    }

    var deliveryLength: Int { lineLength * linesPerDelivery }
    var blockLength: Int { deliveryLength * deliveriesPerBlock }
    var segmentLength: Int { blockLength * blocksPerSegment }
    private var deliveriesPerSegment: Int { deliveriesPerBlock * blocksPerSegment }

    /// When the delivery with that number, from 0, arrived.
    func arrival(_ delivery: Int) -> Timestamp { start + .seconds(Int64(delivery)) }

    /// The number of deliveries in so many segments.
    func deliveries(in segments: Int) -> Int { segments * deliveriesPerSegment }

    /// Writes a journal of one source with so many segments, its catalog and an empty tail.
    func make(_ journal: String, segments: Int) throws {
        let folder = SourceFolder(journal: journal, source: .filtered)
        try folder.disk.createFolder(folder.path)
        let catalog = try Connection(path: Catalog.path(journal: journal), durability: .normal)
        try Catalog.migrator.migrate(catalog)
        let insert = try catalog.prepare(
            "INSERT INTO segments VALUES ('filtered', ?, 1, ?, ?, ?, ?, ?, ?, ?)"
        )
        let frame = try compressed(content)
        let empty = try compressed([])
        try catalog.transaction {
            for number in 1...segments {
                let facts = try segment(number, folder, frame, empty)
                let values = [
                    Int64(number), Int64(facts.firstOffset.rawValue), Int64(facts.endOffset.rawValue),
                    Int64(facts.recordCount), Int64(facts.blockCount), Int64(facts.storedBytes),
                    facts.firstArrival?.rawValue ?? 0, facts.lastArrival?.rawValue ?? 0,
                ]
                for (index, value) in values.enumerated() { try insert.bind(value, at: index) }
                try insert.run()
            }
        }
        try folder.disk.file(folder.tail, O_RDWR | O_CREAT).allocate(folder.geometry.fileSize)
    }

    private func segment(
        _ number: Int,
        _ folder: SourceFolder,
        _ frame: [UInt8],
        _ empty: [UInt8]
    ) throws
        -> SegmentFacts
    {
        var facts = SegmentFacts(id: SegmentID(rawValue: Int64(number)))
        var table = SeekTable()
        var stored: [UInt8] = []
        for block in 0...blocksPerSegment {
            let isOpening = block == 0
            let before = (number - 1) * blocksPerSegment + max(0, block - 1)
            let trailer = trailer(blocksBefore: before, isOpening: isOpening)
            let bytes = isOpening ? empty : frame
            let encoded = bytes.withUnsafeBytes { trailer.encode(after: $0) }
            stored += bytes
            stored += encoded
            table.frames.append(.init(storedSize: bytes.count, contentSize: trailer.length))
            table.frames.append(.init(storedSize: encoded.count, contentSize: 0))
            facts.add(trailer, storedSize: bytes.count + encoded.count)
        }
        stored += table.encode()
        facts.storedBytes = stored.count
        let file = try folder.disk.file(folder.sealed(facts.id), O_RDWR | O_CREAT)
        try stored.withUnsafeBytes { try file.write($0, at: 0) }
        return facts
    }

    private func trailer(blocksBefore: Int, isOpening: Bool) -> BlockTrailer {
        let first = blocksBefore * deliveriesPerBlock
        let end = first + (isOpening ? 0 : deliveriesPerBlock)
        return BlockTrailer(
            source: .filtered,
            firstOffset: ByteOffset(rawValue: UInt64(first * deliveryLength)),
            length: isOpening ? 0 : blockLength,
            carried: 0,
            recordCount: (end - first) * linesPerDelivery,
            lastSequence: UInt64(end),
            nextArrival: end == 0
                ? Timestamp(rawValue: 0) : arrival(end - 1) + .microseconds(Int64(linesPerDelivery)),
            arrivals: (first..<end).map { .init(time: arrival($0), length: deliveryLength) },
            events: []
        )
    }

    private func compressed(_ content: [UInt8]) throws -> [UInt8] {
        var compressor = try ZstdCompressor(BlockBuilder.compression)
        var output = [UInt8](repeating: 0, count: ZstdFrame.bound(content.count))
        let length = try content.withUnsafeBytes { input in
            try output.withUnsafeMutableBytes { try compressor.compress(input, into: $0) }
        }
        return Array(output[..<length])
    }
}
