internal import Glibc
internal import JSON

/// Walks a `_bulk` reply: one JSON object with `items`, each an object with one action, which has a status and perhaps an error.
///
/// Everything else is passed over, its grammar checked as far as strings, brackets and the letters of words go. What is not
/// whole, or says one thing twice, gives nil.
struct BulkReplyReader {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0
    /// Where the item read last stands, its braces included.
    private var lastItem = 0..<0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func read() -> [BulkReply.Item]? {
        var items: [BulkReply.Item]?
        let isWhole = members { reader, name in
            guard reader.isText(name, "items") else { return reader.skip() }
            guard items == nil else { return false }
            var found: [BulkReply.Item] = []
            guard reader.elements({ $0.item(into: &found) }) else { return false }
            items = found
            return true
        }
        blanks()
        guard isWhole, position == bytes.count else { return nil }
        return items
    }

    private mutating func item(into items: inout [BulkReply.Item]) -> Bool {
        // Most replies say the same of every document, so that an item is most often the last one again.
        if let last = items.last, isLastItemAgain() {
            position += lastItem.count
            items.append(last)
            return true
        }
        blanks()
        let start = position
        defer { lastItem = start..<position }
        var item: BulkReply.Item?
        let isWhole = members { reader, _ in
            guard item == nil else { return false }
            item = reader.action()
            return item != nil
        }
        guard isWhole, let item else { return false }
        items.append(item)
        return true
    }

    /// Whether the bytes here are those of the last item; an object that is whole is so wherever it stands.
    private func isLastItemAgain() -> Bool {
        guard bytes.count - position > lastItem.count else { return false }
        return bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return false }
            return memcmp(start + position, start + lastItem.lowerBound, lastItem.count) == 0
        }
    }

    private mutating func action() -> BulkReply.Item? {
        var status: Int?
        var id: String?
        var isCreated = false
        var hasError = false
        var hasType = false
        var type = ""
        var reason = ""
        let isWhole = members { reader, name in
            if reader.isText(name, "status") {
                guard status == nil else { return false }
                status = reader.number()
                return status != nil
            }
            if reader.isText(name, "result") {
                guard reader.isAtString() else { return reader.skip() }
                guard let text = reader.string() else { return false }
                isCreated = reader.isText(text, "created")
                return true
            }
            if reader.isText(name, "_id") {
                guard id == nil else { return false }
                id = reader.text()
                return id != nil
            }
            guard reader.isText(name, "error") else { return reader.skip() }
            guard !hasError else { return false }
            hasError = true
            return reader.members { reader, name in
                let isType = reader.isText(name, "type")
                guard isType || reader.isText(name, "reason") else { return reader.skip() }
                if isType {
                    guard !hasType else { return false }
                    hasType = true
                }
                guard reader.isAtString() else { return reader.skip() }
                guard let text = reader.text() else { return false }
                if isType { type = text } else { reason = text }
                return true
            }
        }
        guard isWhole, let status else { return nil }
        return BulkReply.Item(status: status, id: id, isCreated: isCreated, type: type, reason: reason)
    }

    /// Walks an object; the body gets where each member's name stands, because a String for each would be most of the work.
    private mutating func members(_ body: (inout BulkReplyReader, Range<Int>) -> Bool) -> Bool {
        sequence(open: 123, close: 125) { reader in
            guard let name = reader.string() else { return false }
            return reader.take(58) && body(&reader, name)
        }
    }

    private func isText(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        return bytes.withUnsafeBytes { bytes in
            bytes[range].elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        }
    }

    private mutating func elements(_ body: (inout BulkReplyReader) -> Bool) -> Bool {
        sequence(open: 91, close: 93, body)
    }

    private mutating func sequence(open: UInt8, close: UInt8, _ body: (inout BulkReplyReader) -> Bool) -> Bool {
        // Deeper than any reply, and not so deep that a hostile one ends the stack.
        guard take(open), depth < 64 else { return false }
        depth += 1
        defer { depth -= 1 }
        if take(close) { return true }
        repeat { guard body(&self) else { return false } } while take(44)
        return take(close)
    }

    /// Passes one value of any kind.
    private mutating func skip() -> Bool {
        blanks()
        guard position < bytes.count else { return false }
        switch bytes[position] {
        case 123: return members { reader, _ in reader.skip() }
        case 91: return elements { $0.skip() }
        case 34: return string() != nil
        default:
            let start = position
            while position < bytes.count, BulkReplyReader.isOfWord(bytes[position]) { position += 1 }
            return position > start
        }
    }

    private mutating func number() -> Int? {
        blanks()
        var value = 0
        let start = position
        while position < bytes.count, (48...57).contains(bytes[position]), position - start < 9 {
            value = value * 10 + Int(bytes[position] - 48)
            position += 1
        }
        return position > start ? value : nil
    }

    private mutating func text() -> String? {
        guard let range = string() else { return nil }
        return bytes.withUnsafeBytes { JSONString.decode(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    private mutating func isAtString() -> Bool {
        blanks()
        return position < bytes.count && bytes[position] == 34
    }

    /// The raw content of a string; after nil nothing else is to be read, because the position is inside it.
    private mutating func string() -> Range<Int>? {
        guard take(34) else { return nil }
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case 34:
                position += 1
                return start..<position - 1
            case 92: position += 2
            case 0..<32: return nil
            default: position += 1
            }
        }
        return nil
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 10 || byte == 13 || byte == 9 }

    /// Whether it may stand in a number or a word; a quote or bracket in one hides what follows it.
    private static func isOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 43, 45, 46, 48...57, 65...90, 97...122: true
        default: false
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        blanks()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func blanks() {
        while position < bytes.count, BulkReplyReader.isBlank(bytes[position]) { position += 1 }
    }
}
