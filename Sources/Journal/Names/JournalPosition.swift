internal import Numbers

/// The place of a byte in a source: 0 is the first byte ever recorded, and numbers are never used again.
public struct ByteOffset: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Bytes since the source began.
    public let rawValue: UInt64

    /// Makes the offset that many bytes after the source's beginning.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Makes the offset that a database holds; a number that no source gets to becomes the nearest one that some might.
    init(stored: Int64) { rawValue = min(UInt64(clamping: stored), ByteOffset.limit.rawValue) }

    /// The source's first byte.
    public static let zero = ByteOffset(rawValue: 0)

    /// The furthest offset that is believed: 2 EB, which no source gets to, and far from where sums would overflow.
    ///
    /// What was read from a file or a command line and lies behind it is damage or a mistake.
    static let limit = ByteOffset(rawValue: 1 << 61)

    /// As a database holds it.
    var stored: Int64 { Int64(clamping: rawValue) }

    /// The offset in decimal.
    public var description: String { String(rawValue) }

    /// Whether `a` comes first.
    public static func < (a: ByteOffset, b: ByteOffset) -> Bool { a.rawValue < b.rawValue }

    /// The offset a count of bytes later; the count is not negative.
    public static func + (a: ByteOffset, b: Int) -> ByteOffset {
        ByteOffset(rawValue: a.rawValue.saturatingAdd(UInt64(clamping: b)))
    }

    /// The bytes from `b` to `a`; none where `a` comes first.
    public static func - (a: ByteOffset, b: ByteOffset) -> Int {
        Int(clamping: a.rawValue.saturatingSubtract(b.rawValue))
    }
}

/// A byte's place in a journal, written `source:offset`.
public struct JournalPosition: Hashable, Sendable, CustomStringConvertible {
    /// The stream of bytes.
    public let source: SourceName
    /// The place in it.
    public let offset: ByteOffset

    /// Makes a position.
    public init(source: SourceName, offset: ByteOffset) {
        self.source = source
        self.offset = offset
    }

    /// Reads `source:offset`, or nil for anything else, an offset of more than 2 EB included.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let source = SourceName(rawValue: String(text[..<colon])),
            let offset = UInt64(text[text.index(after: colon)...]), offset <= ByteOffset.limit.rawValue
        else { return nil }
        self.init(source: source, offset: ByteOffset(rawValue: offset))
    }

    /// The position as `source:offset`.
    public var description: String { "\(source):\(offset)" }
}
