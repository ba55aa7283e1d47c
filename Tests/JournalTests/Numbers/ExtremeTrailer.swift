import Compression
import Hashing
import TestSupport

@testable import Journal

/// A block whose trailer says anything at all, under a checksum that agrees: damage that only the numbers themselves betray.
struct ExtremeTrailer {
    var source = "filtered"
    var firstOffset: UInt64 = 0
    var length: UInt32 = 0
    var carried: UInt64 = 0
    var recordCount: UInt32 = 0
    var lastSequence: UInt64 = 0
    var nextArrival: Int64 = 1_780_000_000_000_000
    /// By what each time differs from the one before, and how many bytes.
    var arrivals: [(delta: Int64, length: UInt64)] = []
    /// By what each offset differs from the block's, and each time from the one before, and the JSON.
    var events: [(shift: Int64, delta: Int64, json: String)] = []
    var content: [UInt8] = []

    /// A block of one line and a gap, as a repair leaves it.
    init(ofSmallJournal first: UInt64) {
        content = Array("{\"n\":1}\r\n".utf8)
        firstOffset = first
        length = UInt32(content.count)
        recordCount = 1
        lastSequence = 2
        arrivals = [(1_779_999_999_000_000, UInt64(content.count))]
        events = [(Int64(content.count), 1_779_999_999_000_001, "{\"kind\":\"gap\",\"why\":\"damaged\",\"bytes\":50}")]
    }

    /// The stored block: a zstd frame and its trailer.
    func stored() -> [UInt8] {
        // A frame of one raw block with a single segment and a content size of four bytes (RFC 8878).
        var frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0b1010_0000]
        frame.append(littleEndian: UInt32(content.count))
        let header = UInt32(content.count) << 3 | 1
        frame += [UInt8(truncatingIfNeeded: header), UInt8(truncatingIfNeeded: header >> 8)]
        frame += [UInt8(truncatingIfNeeded: header >> 16)] + content
        var payload = BlockTrailer.magic + [BlockTrailer.version, UInt8(source.utf8.count)] + Array(source.utf8)
        payload.append(littleEndian: firstOffset)
        payload.append(littleEndian: length)
        payload.append(littleEndian: carried)
        payload.append(littleEndian: recordCount)
        payload.append(littleEndian: lastSequence)
        payload.append(littleEndian: nextArrival)
        payload.append(varint: UInt64(arrivals.count))
        for arrival in arrivals {
            payload.append(zigzag: arrival.delta)
            payload.append(varint: arrival.length)
        }
        payload.append(varint: UInt64(events.count))
        for event in events {
            payload.append(zigzag: event.shift)
            payload.append(zigzag: event.delta)
            payload.append(varint: UInt64(event.json.utf8.count))
            payload += Array(event.json.utf8)
        }
        var trailer: [UInt8] = []
        trailer.append(littleEndian: ZstdFrame.skippableMagic)
        trailer.append(littleEndian: UInt32(payload.count + 8))
        trailer += payload
        let hash = (frame + trailer).withUnsafeBytes { XXH3.hash($0) }
        trailer.append(littleEndian: hash)
        return frame + trailer
    }

    /// A sealed segment of this block alone.
    func sealedSegment() -> [UInt8] { ExtremeTrailer.sealedSegment([self]) }

    /// A sealed segment: blocks with their seek table.
    static func sealedSegment(_ blocks: [ExtremeTrailer]) -> [UInt8] {
        var (file, table) = ([UInt8](), SeekTable())
        for block in blocks {
            let stored = block.stored()
            let frame = 12 + block.content.count
            table.add(frame: frame, block.content.count, trailer: stored.count - frame)
            file += stored
        }
        return file + table.encode()
    }

    /// Sets some of the numbers to extreme ones.
    mutating func distort(_ random: inout SeededRandom) {
        func extreme() -> UInt64 { UInt64(bitPattern: ExtremeNumbers.integers.randomElement(using: &random) ?? 0) }
        func signed() -> Int64 { Int64(bitPattern: extreme()) }
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            switch Int.random(in: 0..<12, using: &random) {
            case 0: firstOffset = extreme()
            case 1: firstOffset &+= UInt64.random(in: 0...100, using: &random)
            case 2: carried = extreme()
            case 3: recordCount = UInt32(truncatingIfNeeded: extreme())
            case 4: lastSequence = extreme()
            case 5: nextArrival = signed()
            case 6: if !arrivals.isEmpty { arrivals[arrivals.count - 1].delta = signed() }
            case 7: if !arrivals.isEmpty { arrivals[arrivals.count - 1].length = extreme() }
            case 8: if !events.isEmpty { events[events.count - 1].shift = signed() }
            case 9: if !events.isEmpty { events[events.count - 1].delta = signed() }
            case 10:
                events.append(
                    (Int64(content.count), 1, "{\"kind\":\"gap\",\"why\":\"damaged\",\"bytes\":\(extreme())}")
                )
            default: events.append((signed(), 1, "{\"kind\":\"closed\",\"number\":\(extreme())}"))
            }
        }
    }
}
