internal import JSON

/// Walks a `_bulk` reply: one JSON object with `items`, each an object with one action, which has a status and perhaps an error.
///
/// Everything else is passed over, its grammar checked as far as strings and brackets go. What is not whole gives nil.
struct BulkReplyReader {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func read() -> [BulkReply.Item]? {
        var items: [BulkReply.Item]?
        let isWhole = members { reader, name in
            guard name == "items", items == nil else { return reader.skip() }
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
        var item: BulkReply.Item?
        let isWhole = members { reader, _ in
            item = reader.action()
            return item != nil
        }
        guard isWhole, let item else { return false }
        items.append(item)
        return true
    }

    private mutating func action() -> BulkReply.Item? {
        var status: Int?
        var isCreated = false
        var type = ""
        var reason = ""
        let isWhole = members { reader, name in
            switch name {
            case "status":
                status = reader.number()
                return status != nil
            case "result":
                guard let text = reader.text() else { return reader.skip() }
                isCreated = text == "created"
                return true
            case "error":
                return reader.members { reader, name in
                    guard name == "type" || name == "reason" else { return reader.skip() }
                    guard let text = reader.text() else { return reader.skip() }
                    if name == "type" { type = text } else { reason = text }
                    return true
                }
            default: return reader.skip()
            }
        }
        guard isWhole, let status else { return nil }
        return BulkReply.Item(status: status, isCreated: isCreated, type: type, reason: reason)
    }

    private mutating func members(_ body: (inout BulkReplyReader, String) -> Bool) -> Bool {
        sequence(open: 123, close: 125) { reader in
            guard let name = reader.text() else { return false }
            return reader.take(58) && body(&reader, name)
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
            while position < bytes.count, ![44, 93, 125, 32, 10, 13, 9].contains(bytes[position]) { position += 1 }
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

    /// The raw content of a string.
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

    private mutating func take(_ byte: UInt8) -> Bool {
        blanks()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func blanks() {
        while position < bytes.count, [32, 10, 13, 9].contains(bytes[position]) { position += 1 }
    }
}
