/// Spells out what bytes from outside hide before they reach a terminal, piece by piece.
///
/// LF, tabs, and CR before LF stay; bytes that are not UTF-8 become U+FFFD. Escapes are JSON's, so lines of JSON stay the same JSON.
public struct VisibleBytes: Sendable {
    /// What a piece ended with that the next one may complete: the start of a character, or a CR.
    private var rest: [UInt8] = []

    /// Makes one that has seen nothing.
    public init() {}

    /// The bytes to write for a piece.
    public mutating func take(_ piece: UnsafeRawBufferPointer) -> [UInt8] {
        var bytes = rest
        bytes.append(contentsOf: piece)
        rest = []
        let whole = Self.wholeLength(of: bytes)
        rest = Array(bytes[whole...])
        return Self.visible(bytes[..<whole])
    }

    /// What is left at the end.
    public mutating func finish() -> [UInt8] {
        defer { rest = [] }
        return Self.visible(rest[...])
    }

    private static func visible(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        // Without one of these there is nothing to spell out: most text is printable ASCII.
        guard bytes.contains(where: { ($0 < 32 && $0 != 10 && $0 != 9) || $0 >= 127 }) else { return Array(bytes) }
        var text = ""
        // A CR that is followed by LF is a line end; the two are not one Character here.
        let scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            let isLineEnd =
                scalar == "\n" || scalar == "\t" || (scalar == "\r" && scalars.dropFirst(index + 1).first == "\n")
            if scalar.isHidden && !isLineEnd { text += scalar.escape } else { text.unicodeScalars.append(scalar) }
        }
        return Array(text.utf8)
    }

    /// The length without a character, or a CR, whose next byte is still to come.
    private static func wholeLength(of bytes: [UInt8]) -> Int {
        if bytes.last == 13 { return bytes.count - 1 }
        // A character has at most four bytes, so its first one is among the last three where it is incomplete.
        for back in 1..<4 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return length > back ? bytes.count - back : bytes.count
        }
        return bytes.count
    }
}
