internal import CYAML

extension Node {
    /// The longest text that is read, in bytes.
    public static let byteLimit = 4 << 20
    /// How deep lists and mappings may stand in each other.
    public static let depthLimit = 64

    /// Reads one YAML document; an empty text is an empty mapping.
    ///
    /// Anchors and aliases are refused, because they can make much out of little; tags are ignored.
    ///
    /// - Parameters:
    ///   - text: the document, at most `byteLimit` bytes.
    ///   - name: the file's name, for errors.
    /// - Throws: `YAMLError` with line and column.
    public static func parse(_ text: String, name: String) throws(YAMLError) -> Node {
        guard text.utf8.count <= byteLimit else {
            throw YAMLError(message: "more than \(byteLimit) bytes", name: name, line: 1, column: 1)
        }
        let parser = try YAMLParser(text, name: name)
        return try parser.document()
    }
}

/// libyaml's parser, driven event by event (https://pyyaml.org/wiki/LibYAML).
private final class YAMLParser {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    /// libyaml keeps a pointer to its input.
    private let input: UnsafeMutableBufferPointer<UInt8>
    private let name: String
    /// Where a character of the input stands, counted as libyaml counts; it only moves on.
    private var place = (byte: 0, character: 0)
    /// Whether the scalar read last is a plain one with a comment behind it.
    private var isBeforeComment = false

    /// What an event says, as far as it is of interest.
    private enum Event {
        case end
        case scalar(String)
        case sequenceStart, sequenceEnd, mappingStart, mappingEnd
        case alias
        case other
    }

    init(_ text: String, name: String) throws(YAMLError) {
        self.name = name
        parser = .allocate(capacity: 1)
        input = .allocate(capacity: max(1, text.utf8.count))
        _ = input.initialize(from: text.utf8)
        guard yaml_parser_initialize(parser) == 1 else {
            throw YAMLError(message: "libyaml could not allocate its memory", name: name, line: 1, column: 1)
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, input.baseAddress, text.utf8.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    func document() throws(YAMLError) -> Node {
        var root: Node?
        while true {
            let (event, line, column) = try next()
            switch event {
            case .end: return root ?? .mapping([], line: 1)
            case .other: continue
            default:
                guard root == nil else {
                    throw YAMLError(message: "a second document begins here", name: name, line: line, column: column)
                }
                root = try node(event, line, column, depth: 0)
            }
        }
    }

    private func node(_ event: Event, _ line: Int, _ column: Int, depth: Int) throws(YAMLError) -> Node {
        guard depth < Node.depthLimit else {
            throw YAMLError(
                message: "more than \(Node.depthLimit) levels deep",
                name: name,
                line: line,
                column: column
            )
        }
        switch event {
        case .scalar(let text): return .scalar(text, line: line)
        case .sequenceStart:
            var items: [Node] = []
            while true {
                let (event, itemLine, itemColumn) = try next()
                if case .sequenceEnd = event { return .sequence(items, line: line) }
                items.append(try node(event, itemLine, itemColumn, depth: depth + 1))
            }
        case .mappingStart: return try mapping(line, depth: depth)
        case .alias:
            throw YAMLError(
                message: "anchors and aliases (& and *) are not read; write the value out",
                name: name,
                line: line,
                column: column
            )
        default: throw YAMLError(message: "a value is missing here", name: name, line: line, column: column)
        }
    }

    private func mapping(_ start: Int, depth: Int) throws(YAMLError) -> Node {
        var entries: [Node.Entry] = []
        var keys: Set<String> = []
        while true {
            let (event, line, column) = try next()
            if case .mappingEnd = event { return .mapping(entries, line: start) }
            guard case .scalar(let key) = event else {
                throw YAMLError(message: "a name must be a text", name: name, line: line, column: column)
            }
            guard keys.insert(key).inserted else {
                throw YAMLError(message: "'\(key)' stands here a second time", name: name, line: line, column: column)
            }
            let (value, valueLine, valueColumn) = try next()
            let hasComment = isBeforeComment
            entries.append(
                Node.Entry(
                    key: key,
                    line: line,
                    value: try node(value, valueLine, valueColumn, depth: depth + 1),
                    hasCommentBehindValue: hasComment
                )
            )
        }
    }

    private func next() throws(YAMLError) -> (Event, line: Int, column: Int) {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else {
            let problem = parser.pointee.problem.map { String(cString: $0) } ?? "not YAML"
            let mark = parser.pointee.problem_mark
            throw YAMLError(message: problem, name: name, line: Int(mark.line) + 1, column: Int(mark.column) + 1)
        }
        defer { yaml_event_delete(&event) }
        let mark = event.start_mark
        let kind: Event
        isBeforeComment = false
        switch event.type {
        case YAML_STREAM_END_EVENT: kind = .end
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            guard scalar.anchor == nil else {
                kind = .alias
                break
            }
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            // No name, path or address holds one, and C would read the text only up to it.
            guard !bytes.contains(0) else {
                throw YAMLError(
                    message: "a text must not hold a zero character",
                    name: name,
                    line: Int(mark.line) + 1,
                    column: Int(mark.column) + 1
                )
            }
            kind = .scalar(String(decoding: bytes, as: UTF8.self))
            isBeforeComment = scalar.style == YAML_PLAIN_SCALAR_STYLE && isComment(behind: event.end_mark.index)
        case YAML_SEQUENCE_START_EVENT: kind = event.data.sequence_start.anchor == nil ? .sequenceStart : .alias
        case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
        case YAML_MAPPING_START_EVENT: kind = event.data.mapping_start.anchor == nil ? .mappingStart : .alias
        case YAML_MAPPING_END_EVENT: kind = .mappingEnd
        case YAML_ALIAS_EVENT: kind = .alias
        default: kind = .other
        }
        return (kind, Int(mark.line) + 1, Int(mark.column) + 1)
    }

    /// Whether nothing but blanks stands between a character and a comment on the same line.
    private func isComment(behind index: Int) -> Bool {
        while place.character < index, place.byte < input.count {
            place.byte += 1
            // Bytes that continue a character are none of their own.
            while place.byte < input.count, input[place.byte] & 0xC0 == 0x80 { place.byte += 1 }
            place.character += 1
        }
        var byte = place.byte
        while byte < input.count, input[byte] == 32 || input[byte] == 9 { byte += 1 }
        return byte < input.count && input[byte] == UInt8(ascii: "#")
    }
}
