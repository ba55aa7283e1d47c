internal import Time

/// A run of a source's bytes with what happened in it, in memory that is used again for the next run.
///
/// ```
/// | carried | run's bytes        | 64 readable bytes |
/// 0         carriedLength        length
/// ```
final class RunBuffer {
    // Nothing outside changes these while a method does, and to look that up for every line is a part of its cost.

    /// The offset of the byte at index 0.
    @exclusivity(unchecked)
    private(set) var baseOffset = ByteOffset.zero
    /// Bytes kept from the run before: the beginning of a line that goes on.
    @exclusivity(unchecked)
    private(set) var carriedLength = 0
    /// Bytes in all.
    @exclusivity(unchecked)
    private(set) var length = 0
    /// Bytes of the first line that stand before index 0 and are not here; 0 where a line begins there.
    @exclusivity(unchecked)
    private(set) var missingHead = 0
    /// Whether those bytes are lost, not only left out.
    @exclusivity(unchecked)
    private(set) var isHeadLost = false
    /// Arrival of the bytes up to an index, in order; bytes behind the last belong to a line that has not ended.
    @exclusivity(unchecked)
    private(set) var arrivals: [(time: Timestamp, end: Int)] = []
    private(set) var events: [JournalEvent] = []
    @exclusivity(unchecked)
    private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 64)

    /// Bytes that may be read behind the last one, for simdjson's sake.
    static let padding = 64

    deinit { memory.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[0..<length]) }

    /// Drops the bytes before an index and everything said of the last run; the rest is carried over.
    func carry(from index: Int) {
        let rest = length - index
        if rest > 0, index > 0, let base = memory.baseAddress { base.copyMemory(from: base + index, byteCount: rest) }
        baseOffset = baseOffset + index
        carriedLength = rest
        length = rest
        arrivals.removeAll(keepingCapacity: true)
        events.removeAll(keepingCapacity: true)
    }

    /// Forgets all bytes: what is appended next stands at an offset.
    ///
    /// - Parameters:
    ///   - missingHead: bytes of the line there that stand before it.
    ///   - isHeadLost: whether nobody can read those bytes any more.
    func begin(at offset: ByteOffset, missingHead: Int = 0, isHeadLost: Bool = false) {
        length = 0
        carry(from: 0)
        baseOffset = offset
        self.missingHead = missingHead
        self.isHeadLost = isHeadLost
    }

    /// Notes that so many bytes of the line at index 0 were before a gap, and are no part of it any more.
    func loseHead(_ count: Int) {
        missingHead = count
        isHeadLost = true
    }

    /// Notes that the line at index 0 is one whose beginning is here.
    func forgetMissingHead() { missingHead = 0 }

    /// The offset behind the last byte.
    var endOffset: ByteOffset { baseOffset + length }

    /// Makes room behind the bytes and hands it out to be filled; the buffer may move.
    func reserve(_ count: Int) -> UnsafeMutableRawBufferPointer {
        let needed = length + count + RunBuffer.padding
        if memory.count < needed {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: needed + needed / 4, alignment: 64)
            larger.copyMemory(from: bytes)
            memory.deallocate()
            memory = larger
        }
        return UnsafeMutableRawBufferPointer(rebasing: memory[length..<length + count])
    }

    /// Counts bytes that were filled in after `reserve`, of which the first few are not wanted.
    func add(filled count: Int, dropping dropped: Int) {
        if dropped > 0, let base = memory.baseAddress {
            (base + length).copyMemory(from: base + length + dropped, byteCount: count - dropped)
        }
        length += count - dropped
        // Zeros, so that what a parser sees behind the end is the same every time.
        UnsafeMutableRawBufferPointer(rebasing: memory[length..<length + RunBuffer.padding])
            .initializeMemory(as: UInt8.self, repeating: 0)
    }

    func add(arrival: Timestamp) { arrivals.append((arrival, length)) }

    func add(arrival: Timestamp, end: Int) { arrivals.append((arrival, end)) }

    func add(_ event: JournalEvent) { events.append(event) }
}
