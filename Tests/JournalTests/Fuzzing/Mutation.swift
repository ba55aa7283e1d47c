import Files
import Hashing
import TestSupport

@testable import Journal

/// Damages a small journal in ways that a seed repeats.
struct Mutation {
    private(set) var files: [String: [UInt8]]
    /// Whether a checksum was made to fit, so that what is read may be wrong.
    private(set) var isForged = false
    private var random: SeededRandom

    /// Sizes of what a splice moves: fields, entries, blocks.
    private static let spliceLimit = 300
    /// Numbers at the edges of fields, and of what sums of them may become.
    private static let edges: [UInt64] = [
        0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x3F_FFD0, 0x40_0000, 0x40_0001, 0x7FFF_FFFF, 0x8000_0000,
        0xFFFF_FFFF,
        1 << 32, 1 << 60, (1 << 60) + 1, 1 << 62, (1 << 62) + 1, (1 << 63) - 2, (1 << 63) - 1, 1 << 63, .max - 1, .max,
    ]

    init(_ original: SmallJournal, _ random: SeededRandom) {
        files = original.files
        self.random = random
        let paths = files.keys.sorted()
        for _ in 0..<pick([1, 1, 1, 2, 3, 6]) {
            let path = pick(paths)
            guard let file = files[path], !file.isEmpty else { continue }
            if Int.random(in: 0..<3, using: &self.random) == 0 {
                files[path] = forged(file, isTail: path.hasSuffix("/tail"))
            } else {
                files[path] = damaged(file, other: files[pick(paths)] ?? [])
            }
        }
        if Int.random(in: 0..<40, using: &self.random) == 0 { files[pick(paths)] = nil }
    }

    private mutating func pick<T>(_ choices: [T]) -> T { choices[Int.random(in: 0..<choices.count, using: &random)] }

    /// A place in the used part of a file; the rest of a tail is zeros.
    private mutating func place(in file: [UInt8]) -> Int {
        let used = (file.lastIndex { $0 != 0 } ?? 0) + 1
        return Int.random(in: 0..<min(file.count, used + 60), using: &random)
    }

    private mutating func damaged(_ original: [UInt8], other: [UInt8]) -> [UInt8] {
        var file = original
        let at = place(in: file)
        let length = min(Int.random(in: 1...Mutation.spliceLimit, using: &random), file.count - at)
        switch Int.random(in: 0..<10, using: &random) {
        case 0, 1: file[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2: file[at] = UInt8.random(in: 0...255, using: &random)
        case 3, 4: setNumber(in: &file, at: at)
        case 5: file.removeLast(file.count - at)
        case 6: file.insert(contentsOf: file[at..<at + length], at: at)
        case 7: file.removeSubrange(at..<at + length)
        case 8:
            let to = place(in: file)
            for index in 0..<min(length, file.count - to) { file.swapAt(at + index, to + index) }
        default:
            guard !other.isEmpty else { break }
            let from = place(in: other)
            let part = other[from..<min(other.count, from + length)]
            file.replaceSubrange(at..<min(file.count, at + part.count), with: part)
        }
        return file
    }

    private mutating func setNumber(in file: inout [UInt8], at: Int) {
        let size = pick([1, 2, 4, 8])
        var value = pick(Mutation.edges)
        for index in at..<min(file.count, at + size) {
            file[index] = UInt8(truncatingIfNeeded: value)
            value >>= 8
        }
    }

    /// Changes a block or a tail entry and makes its checksum fit.
    private mutating func forged(_ original: [UInt8], isTail: Bool) -> [UInt8] {
        let all = isTail ? Mutation.entries(of: original) : Mutation.blocks(of: original)
        guard !all.isEmpty else { return original }
        isForged = true
        let part = pick(all)
        var bytes = Array(original[part.range])
        for _ in 0..<pick([1, 1, 2, 4]) {
            // The numbers are in headers and trailers, content is not.
            let at = Int.random(in: Bool.random(using: &random) ? part.fields : 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[at] = UInt8.random(in: 0...255, using: &random)
            default: setNumber(in: &bytes, at: at)
            }
        }
        if isTail {
            let hash = bytes.withUnsafeBytes {
                XXH3.hash(
                    UnsafeRawBufferPointer(rebasing: $0[0..<40]),
                    UnsafeRawBufferPointer(rebasing: $0[TailEntry.headerSize...])
                )
            }
            Mutation.put(hash, into: &bytes, at: 40)
        } else {
            let hash = bytes.withUnsafeBytes { XXH3.hash(UnsafeRawBufferPointer(rebasing: $0.dropLast(8))) }
            Mutation.put(hash, into: &bytes, at: bytes.count - 8)
        }
        return Array(original[..<part.range.lowerBound]) + bytes + original[part.range.upperBound...]
    }

    private static func put(_ value: UInt64, into bytes: inout [UInt8], at index: Int) {
        var stored: [UInt8] = []
        stored.append(littleEndian: value)
        bytes.replaceSubrange(index..<index + 8, with: stored)
    }
}

extension Mutation {
    /// What has a checksum of its own, and which of its bytes are numbers.
    private struct Part {
        let range: Range<Int>
        let fields: Range<Int>
    }

    private static func blocks(of file: [UInt8]) -> [Part] {
        let disk = MemoryDisk(["f": file])
        var parts: [Part] = []
        var at = 0
        while let handle = try? disk.file("f"), let found = try? BlockLocation.find(in: handle, at: at) {
            at = found.end
            // Damage before may have left a trailer without any fields.
            guard found.trailerSize > 16 else { continue }
            parts.append(Part(range: found.start..<at, fields: found.frameSize..<found.storedSize - 8))
        }
        return parts
    }

    private static func entries(of tail: [UInt8]) -> [Part] {
        var parts: [Part] = []
        for slot in stride(from: 0, to: tail.count, by: SmallJournal.geometry.slotSize) {
            var at = slot
            while let entry = tail[at...].withUnsafeBytes({ TailEntry.parse($0) }) {
                parts.append(Part(range: at..<at + entry.storedSize, fields: 4..<40))
                at += entry.storedSize
            }
        }
        return parts
    }
}
