import Foundation
import TestSupport
import Testing
import Time

@testable import Journal

@Suite struct SegmentFormatTests {
    /// The hex dump in docs/SEGMENT_FORMAT.md is a segment that the writer writes today.
    ///
    /// RECORD_SNAPSHOTS=1 writes it anew.
    @Test func theDocumentedExampleIsWhatTheWriterWrites() throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock.standard()
        let writer = try JournalWriter(directory: folder.path, source: .filtered, clock: clock.clock)
        try writer.append("{\"data\":{\"id\":\"1\"}}\r\n")
        clock.advance(by: .milliseconds(1))
        try writer.append(event: EventKind.closed, fields: [("why", .string("server-closed"))])
        try writer.close()
        let stored = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/filtered/0000000001.zst"))
        let dump = hexDump(Array(stored))

        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/SEGMENT_FORMAT.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let marker = "compares every byte. -->\n```\n"
        let start = try #require(text.range(of: marker)).upperBound
        let end = try #require(text.range(of: "```", range: start..<text.endIndex)).lowerBound
        if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] != nil {
            try (text[..<start] + dump + text[end...]).write(to: page, atomically: true, encoding: .utf8)
            return
        }
        #expect(String(text[start..<end]) == dump)
    }

    @Test func aTrailerSaysTheSameAfterEncodingAndDecoding() throws {
        var random = SeededRandom()
        for _ in 0..<200 {
            let frame = [UInt8](
                (0..<Int.random(in: 0...300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            )
            let trailer = randomTrailer(&random)
            let stored = frame.withUnsafeBytes { trailer.encode(after: $0) }
            let back = frame.withUnsafeBytes { frame in
                stored.withUnsafeBytes { BlockTrailer.decode($0, after: frame) }
            }
            #expect(back == trailer, "\(random)")
        }
    }

    /// Any single flipped bit, in the frame or in the trailer, and any cut, makes a block not count.
    @Test func aFlippedBitOrACutIsNoticed() throws {
        var random = SeededRandom(seed: 7)
        let frame = [UInt8]((0..<90).map { _ in UInt8.random(in: 0...255, using: &random) })
        let trailer = randomTrailer(&random)
        let stored = frame.withUnsafeBytes { trailer.encode(after: $0) }
        let block = frame + stored
        func decode(_ bytes: [UInt8]) -> BlockTrailer? {
            bytes.withUnsafeBytes { raw in
                BlockTrailer.decode(
                    UnsafeRawBufferPointer(rebasing: raw[frame.count...]),
                    after: UnsafeRawBufferPointer(rebasing: raw[0..<frame.count])
                )
            }
        }
        #expect(decode(block) == trailer)
        for bit in 0..<block.count * 8 {
            var damaged = block
            damaged[bit / 8] ^= 1 << (bit % 8)
            #expect(decode(damaged) == nil, "bit \(bit)")
        }
        for cut in frame.count..<block.count { #expect(decode(Array(block[0..<cut])) == nil, "cut at \(cut)") }
    }

    @Test func aTailEntryWithAFlippedBitDoesNotCount() throws {
        let payload = Array("{\"kind\":\"opened\"}".utf8)
        let entry = TailEntry(
            kind: .event,
            length: payload.count,
            sequence: 9,
            offset: ByteOffset(rawValue: 70),
            arrival: Timestamp(microseconds: 1_780_000_000_000_000)
        )
        var stored = [UInt8](repeating: 0, count: TailEntry.headerSize)
        payload.withUnsafeBytes { payload in
            stored.withUnsafeMutableBytes { entry.writeHeader(to: $0, payload: payload) }
        }
        stored += payload
        #expect(stored.withUnsafeBytes { TailEntry.parse($0) } == entry)
        for bit in 0..<stored.count * 8 {
            var damaged = stored
            damaged[bit / 8] ^= 1 << (bit % 8)
            #expect(damaged.withUnsafeBytes { TailEntry.parse($0) } == nil, "bit \(bit)")
        }
    }

    /// Hostile trailers neither crash nor allocate without bound, whatever their lengths say.
    @Test func mutatedTrailersAreRefusedOrRead() throws {
        var random = SeededRandom()
        let trailer = randomTrailer(&random)
        let stored = [UInt8]().withUnsafeBytes { trailer.encode(after: $0) }
        var refused = 0
        for _ in 0..<20_000 {
            var mutated = stored
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                mutated[Int.random(in: 0..<mutated.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if mutated.withUnsafeBytes({ BlockTrailer.decode(unchecked: $0) }) == nil { refused += 1 }
        }
        #expect(refused > 0, "\(random)")
    }

    private func randomTrailer(_ random: inout SeededRandom) -> BlockTrailer {
        var time: Int64 = 1_780_000_000_000_000
        var length = 0
        let arrivals = (0..<Int.random(in: 0...20, using: &random)).map { _ in
            time += Int64.random(in: 0...5_000_000, using: &random)
            let bytes = Int.random(in: 1...16_384, using: &random)
            length += bytes
            return BlockTrailer.Arrival(time: Timestamp(microseconds: time), length: bytes)
        }
        let first = UInt64.random(in: 0...(1 << 50), using: &random)
        let events = (0..<Int.random(in: 0...3, using: &random)).map { number in
            JournalEvent(
                offset: ByteOffset(rawValue: first + UInt64(number)),
                time: Timestamp(microseconds: time),
                json: Array("{\"kind\":\"opened\",\"n\":\(number)}".utf8)
            )
        }
        return BlockTrailer(
            source: .filtered,
            firstOffset: ByteOffset(rawValue: first),
            length: length + 17,
            carried: 3,
            recordCount: 5,
            lastSequence: UInt64.random(in: 0...(1 << 60), using: &random),
            nextArrival: Timestamp(microseconds: time + 1),
            arrivals: arrivals,
            events: events
        )
    }

    private func hexDump(_ bytes: [UInt8]) -> String {
        var text = ""
        for row in stride(from: 0, to: bytes.count, by: 16) {
            let part = bytes[row..<min(row + 16, bytes.count)]
            let hex = part.map { String(format: "%02x", $0) }.joined(separator: " ")
            let ascii = part.map { (32...126).contains($0) ? String(UnicodeScalar($0)) : "." }.joined()
            text += String(format: "%08x  ", row) + hex + String(repeating: " ", count: 49 - hex.count) + "|\(ascii)|\n"
        }
        return text
    }
}
