/// A second reader of JSON, slow and plain, that shares no code with the one under test: every member kept, in order.
struct ReferenceJSON {
    enum Value {
        case object([(name: [UInt8], value: Value)])
        case array([Value])
        /// Raw, without its quotes.
        case string([UInt8])
        /// A number, or any other word.
        case word([UInt8])

        var members: [(name: [UInt8], value: Value)]? {
            if case .object(let members) = self { members } else { nil }
        }

        var elements: [Value]? { if case .array(let elements) = self { elements } else { nil } }

        /// Up to nine digits.
        var number: Int? {
            guard case .word(let word) = self, word.count < 10, word.allSatisfy({ (48...57).contains($0) }) else {
                return nil
            }
            return Int(String(decoding: word, as: UTF8.self))
        }
    }

    /// Whether everything keeps to the grammar of RFC 8259; else only brackets, quotes and what separates words do.
    private(set) var isStrict = true
    private let bytes: [UInt8]
    private var at = 0
    private var depth = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Reads the whole text; nil where it is not even loosely JSON.
    static func parse(_ bytes: [UInt8]) -> (value: Value, isStrict: Bool)? {
        var reader = ReferenceJSON(bytes)
        guard let value = reader.value() else { return nil }
        reader.skipBlanks()
        return reader.at == bytes.count ? (value, reader.isStrict) : nil
    }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skipBlanks() {
        while let byte = next, [9, 10, 13, 32].contains(byte) { at += 1 }
    }

    private mutating func eat(_ character: Character) -> Bool {
        skipBlanks()
        guard next == character.asciiValue else { return false }
        at += 1
        return true
    }

    private mutating func value() -> Value? {
        depth += 1
        defer { depth -= 1 }
        // A reply of more levels than any reply has is none.
        guard depth <= 65 else { return nil }
        if depth <= 64, eat("{") {
            var members: [(name: [UInt8], value: Value)] = []
            if eat("}") { return .object([]) }
            repeat {
                guard eat("\""), let name = string(), eat(":"), let value = value() else { return nil }
                members.append((name, value))
            } while eat(",")
            return eat("}") ? .object(members) : nil
        }
        if depth <= 64, eat("[") {
            var elements: [Value] = []
            if eat("]") { return .array([]) }
            repeat {
                guard let value = value() else { return nil }
                elements.append(value)
            } while eat(",")
            return eat("]") ? .array(elements) : nil
        }
        if eat("\"") { return string().map { .string($0) } }
        return word()
    }

    private mutating func string() -> [UInt8]? {
        let start = at
        while let byte = next, byte != 34 {
            guard byte >= 32 else { return nil }
            at += byte == 92 ? 2 : 1
        }
        guard next == 34 else { return nil }
        at += 1
        let raw = Array(bytes[start..<at - 1])
        if !ReferenceJSON.isString(raw) { isStrict = false }
        return raw
    }

    private mutating func word() -> Value? {
        let start = at
        while let byte = next, ReferenceJSON.isOfWord(byte) { at += 1 }
        guard at > start else { return nil }
        let word = Array(bytes[start..<at])
        if !ReferenceJSON.isWord(word) { isStrict = false }
        return .word(word)
    }

    private static func isOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 43, 45, 46, 48...57, 65...90, 97...122: true
        default: false
        }
    }

    private static func isWord(_ word: [UInt8]) -> Bool {
        // Most are a few digits, and a pattern takes its time.
        if word[0] > 48, word.allSatisfy({ (48...57).contains($0) }) { return true }
        let text = String(decoding: word, as: UTF8.self)
        return ["true", "false", "null"].contains(text)
            || text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/) != nil
    }

    private static func isString(_ raw: [UInt8]) -> Bool {
        guard String(validating: raw, as: UTF8.self) != nil else { return false }
        var at = 0
        while let escape = raw[at...].firstIndex(of: 92) {
            let kind = escape + 1 < raw.count ? raw[escape + 1] : 0
            let digits = raw[min(raw.count, escape + 2)..<min(raw.count, escape + 6)]
            let isUnicode =
                kind == 117 && digits.count == 4 && digits.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
            guard isUnicode || "\"\\/bfnrt".utf8.contains(kind) else { return false }
            at = escape + (isUnicode ? 6 : 2)
        }
        return true
    }
}
