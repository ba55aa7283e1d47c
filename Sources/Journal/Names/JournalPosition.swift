/// The place of a byte in a source: 0 is the first byte ever recorded, and numbers are never used again.
public struct ByteOffset: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Bytes since the source began.
    public let rawValue: UInt64

    /// Makes the offset that many bytes after the source's beginning.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The source's first byte.
    public static let zero = ByteOffset(rawValue: 0)

    /// The offset in decimal.
    public var description: String { String(rawValue) }

    /// Whether `a` comes first.
    public static func < (a: ByteOffset, b: ByteOffset) -> Bool { a.rawValue < b.rawValue }

    /// The offset a count of bytes later.
    public static func + (a: ByteOffset, b: Int) -> ByteOffset { ByteOffset(rawValue: a.rawValue + UInt64(b)) }

    /// The bytes from `b` to `a`, which must not come before it.
    public static func - (a: ByteOffset, b: ByteOffset) -> Int { Int(a.rawValue - b.rawValue) }
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

    /// Reads `source:offset`, or nil for anything else.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let source = SourceName(rawValue: String(text[..<colon])),
            let offset = UInt64(text[text.index(after: colon)...])
        else { return nil }
        self.init(source: source, offset: ByteOffset(rawValue: offset))
    }

    /// The position as `source:offset`.
    public var description: String { "\(source):\(offset)" }
}
