/// Removes secrets from bytes and texts that come from outside: a server may repeat what it was sent.
///
/// A secret is found as it is, percent-decoded, and however its characters are written: `%41`, `\u0041`, `\/`, `&#65;`, `&#x41;`.
/// Costs a pass over the bytes; for heads, errors and small answers.
public struct SecretFilter: Sendable {
    /// What stands in a secret's place.
    static let mark = "<secret>"
    /// A shorter secret is found only behind its scheme, `Bearer x`: alone it would remove half of an answer.
    static let leastByteCount = 6

    /// The longest first, so that one that is a part of another does not leave the rest of it.
    private let secrets: [[UInt8]]

    /// Makes a filter for secrets; of one with a scheme (`Bearer …`), the part after it counts.
    public init(_ secrets: [Secret]) {
        var forms: Set<[UInt8]> = []
        for secret in secrets {
            let whole = secret.reveal()
            guard let text = whole.split(separator: " ").last else { continue }
            let bytes = Array(text.utf8)
            forms.insert(bytes)
            forms.insert(Self.percentDecoded(bytes))
            if bytes.count < Self.leastByteCount { forms.insert(Array(whole.utf8)) }
        }
        self.secrets = forms.filter { $0.count >= Self.leastByteCount }.sorted { $0.count > $1.count }
    }

    /// The bytes with `<secret>` in place of every secret.
    public func blottedOut(of bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var done = 0
        while let found = firstRange(in: bytes, from: done) {
            result += bytes[done..<found.lowerBound]
            result += Array(Self.mark.utf8)
            done = found.upperBound
        }
        return done == 0 ? bytes : result + bytes[done...]
    }

    /// The text with `<secret>` in place of every secret.
    public func blottedOut(of text: String) -> String {
        let bytes = Array(text.utf8)
        return firstRange(in: bytes, from: 0) == nil
            ? text : String(decoding: blottedOut(of: bytes), as: UTF8.self)
    }

    // MARK: - Internal

    private func firstRange(in bytes: [UInt8], from start: Int) -> Range<Int>? {
        guard !secrets.isEmpty else { return nil }
        return bytes.withUnsafeBufferPointer { bytes in
            for index in start..<max(start, bytes.count) {
                for secret in secrets {
                    if let end = Self.end(of: secret, in: bytes, at: index) { return index..<end }
                }
            }
            return nil
        }
    }

    /// Where a secret that begins at an index ends; nil where it does not begin there.
    private static func end(
        of secret: [UInt8],
        from first: Int = 0,
        in bytes: UnsafeBufferPointer<UInt8>,
        at start: Int
    ) -> Int? {
        var index = start
        for place in first..<secret.count {
            guard index < bytes.count else { return nil }
            let escape = escapeLength(of: secret[place], in: bytes, at: index)
            if bytes[index] == secret[place] {
                // A `%` may stand for itself, or begin an escape that stands for it.
                if let escape, let end = end(of: secret, from: place + 1, in: bytes, at: index + escape) { return end }
                index += 1
            } else if let escape {
                index += escape
            } else {
                return nil
            }
        }
        return index
    }

    /// The length of the escape that stands for a byte at an index; nil where there is none.
    private static func escapeLength(
        of wanted: UInt8,
        in bytes: UnsafeBufferPointer<UInt8>,
        at index: Int
    ) -> Int? {
        func holds(_ text: StaticString, at place: Int) -> Bool {
            place + text.utf8CodeUnitCount <= bytes.count
                && (0..<text.utf8CodeUnitCount).allSatisfy { bytes[place + $0] == text.utf8Start[$0] }
        }
        func number(at place: Int, digits: Int, radix: Int) -> Int? {
            guard place + digits <= bytes.count else { return nil }
            return Int(String(decoding: bytes[place..<place + digits], as: UTF8.self), radix: radix)
        }
        switch bytes[index] {
        case UInt8(ascii: "%"):
            return number(at: index + 1, digits: 2, radix: 16) == Int(wanted) ? 3 : nil
        case UInt8(ascii: "\\"):
            if holds("\\u00", at: index) { return number(at: index + 4, digits: 2, radix: 16) == Int(wanted) ? 6 : nil }
            return index + 1 < bytes.count && bytes[index + 1] == wanted ? 2 : nil
        case UInt8(ascii: "&"):
            guard holds("&#", at: index) else { return nil }
            let isHexadecimal = holds("&#x", at: index) || holds("&#X", at: index)
            let start = index + (isHexadecimal ? 3 : 2)
            let end = bytes[start..<min(start + 5, bytes.count)].firstIndex(of: UInt8(ascii: ";"))
            guard let end, number(at: start, digits: end - start, radix: isHexadecimal ? 16 : 10) == Int(wanted) else {
                return nil
            }
            return end + 1 - index
        default: return nil
        }
    }

    static func percentDecoded(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let value = UInt8(String(decoding: bytes[index + 1...index + 2], as: UTF8.self), radix: 16)
            {
                result.append(value)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }
}
