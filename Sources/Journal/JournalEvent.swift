public import Time

/// Something that happened to a source at a place between two of its bytes: a connection opened, rules came into force.
public struct JournalEvent: Hashable, Sendable {
    /// Where: before this byte, behind the one before it.
    public let offset: ByteOffset
    /// When; strictly later than every delivery and event before it in the source.
    public let time: Timestamp
    /// What: one JSON object in UTF-8 whose first member is `"kind"`.
    public let json: [UInt8]

    /// Makes an event from its stored form.
    public init(offset: ByteOffset, time: Timestamp, json: [UInt8]) {
        self.offset = offset
        self.time = time
        self.json = json
    }

    /// The event's kind, `opened` for example; empty where the JSON does not begin with one.
    public var kind: String {
        let prefix = Array("{\"kind\":\"".utf8)
        guard json.starts(with: prefix), let end = json[prefix.count...].firstIndex(of: 34) else { return "" }
        return String(decoding: json[prefix.count..<end], as: UTF8.self)
    }

    /// Whether an unfinished line before this event stays unfinished for ever: a record never spans connections or gaps.
    public var endsLine: Bool { EventKind.endingLines.contains(kind) }

    /// Whether the catalog lists it: a question and its answer belong to records, and stay with them.
    var isListed: Bool { kind != EventKind.asked && kind != EventKind.answered }

    /// For a gap that was stored: how many bytes of the source are missing here; the next byte has an offset that much higher.
    ///
    /// nil for all other events, and for a gap whose length nobody knows.
    public var missingBytes: Int? {
        let name = Array("\"bytes\":".utf8)
        guard kind == EventKind.gap, let found = json.firstRange(of: name) else { return nil }
        let digits = json[found.upperBound...].prefix { (48...57).contains($0) }
        // More than a source can hold is no number that we wrote.
        guard let count = Int(String(decoding: digits, as: UTF8.self)), count <= ByteOffset.limit.rawValue else {
            return nil
        }
        return count
    }

    /// For a lookup's question and answer: the number that ties them together.
    public var number: Int? {
        let name = Array("\"number\":".utf8)
        // It stands first behind the kind, before anything that others wrote.
        let start = "{\"kind\":\"\(kind)\",".utf8.count
        guard json.count > start, json[start...].starts(with: name) else { return nil }
        let digits = json[(start + name.count)...].prefix { (48...57).contains($0) }.prefix(18)
        return Int(String(decoding: digits, as: UTF8.self))
    }

    /// For a connection that opened, a lookup's question and an accepted server: the server's scheme, host and port, or
    /// `simulator`; nil for other events, and for those of versions that did not note it.
    public var origin: String? {
        var rest = json.dropFirst("{\"kind\":\"\(kind)\",".utf8.count)
        let number = Array("\"number\":".utf8)
        if rest.starts(with: number) {
            rest = rest.dropFirst(number.count).drop { (48...57).contains($0) }.dropFirst()
        }
        // It stands before anything that others wrote.
        let name = Array("\"origin\":\"".utf8)
        guard rest.starts(with: name) else { return nil }
        let value = rest.dropFirst(name.count).prefix { $0 != 34 }
        return value.isEmpty ? nil : String(decoding: value, as: UTF8.self)
    }

    /// A gap of a known length.
    static func gap(at offset: ByteOffset, time: Timestamp, bytes: Int) -> JournalEvent {
        let fields: [(String, EventValue)] = [("why", .string("damaged")), ("bytes", .integer(Int64(bytes)))]
        return JournalEvent(offset: offset, time: time, json: EventValue.event(kind: EventKind.gap, fields: fields))
    }

    /// The longest stored JSON of an event, in bytes.
    public static let byteLimit = 1 << 20
}

/// The kinds of event that the journal itself knows; others are stored and passed on.
public enum EventKind {
    /// A connection's answer arrived.
    public static let opened = "opened"
    /// A connection ended.
    public static let closed = "closed"
    /// The rules in force from here on.
    public static let rules = "rules"
    /// Bytes are known to be missing here.
    public static let gap = "gap"
    /// The machine's clock was set back, and arrivals go on from the later time.
    public static let clock = "clock"

    /// A lookup is about to leave: its number, and what it asks for.
    public static let asked = "asked"
    /// The answer to a lookup begins here: its number.
    public static let answered = "answered"

    /// What X did not find in the lookups before this counts as deleted; the ids follow as a record, where there are any.
    public static let believed = "believed"
    /// What X did not find in the lookups before this does not count as deleted: it is too much to be true.
    public static let doubted = "doubted"
    /// The operator accepted another server for this journal (`--accept-server`): its name, and the name of the one before.
    public static let server = "server"

    static let endingLines: Set<String> = [opened, closed, gap]
}

/// A value in an event's JSON.
public indirect enum EventValue: Sendable, Hashable {
    case string(String)
    case integer(Int64)
    case bool(Bool)
    case array([EventValue])
    /// JSON as it is; whoever makes it answers for it.
    case json([UInt8])
    case object([(String, EventValue)])

    /// Whether both have the same JSON.
    public static func == (a: EventValue, b: EventValue) -> Bool { a.json == b.json }

    /// Hashes the JSON.
    public func hash(into hasher: inout Hasher) { hasher.combine(json) }

    /// The value as JSON without spaces; members stay in the order given.
    public var json: [UInt8] {
        var output: [UInt8] = []
        write(to: &output)
        return output
    }

    /// The JSON of an event: its kind, then its fields.
    static func event(kind: String, fields: [(String, EventValue)]) -> [UInt8] {
        EventValue.object([("kind", .string(kind))] + fields).json
    }

    private func write(to output: inout [UInt8]) {
        switch self {
        case .string(let text): EventValue.write(text, to: &output)
        case .integer(let value): output += Array(String(value).utf8)
        case .bool(let value): output += Array((value ? "true" : "false").utf8)
        case .array(let values):
            output.append(91)
            for (index, value) in values.enumerated() {
                if index > 0 { output.append(44) }
                value.write(to: &output)
            }
            output.append(93)
        case .json(let bytes): output += bytes
        case .object(let members):
            output.append(123)
            for (index, (name, value)) in members.enumerated() {
                if index > 0 { output.append(44) }
                EventValue.write(name, to: &output)
                output.append(58)
                value.write(to: &output)
            }
            output.append(125)
        }
    }

    private static func write(_ text: String, to output: inout [UInt8]) {
        let hex = Array("0123456789abcdef".utf8)
        output.append(34)
        for byte in text.utf8 {
            switch byte {
            case 34, 92: output += [92, byte]
            case 0..<32: output += Array("\\u00".utf8) + [hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            default: output.append(byte)
            }
        }
        output.append(34)
    }
}
