internal import Time

/// Status and header fields of an answer.
public struct HTTPHead: Sendable {
    /// The status, 200 to 599; interim answers (1xx) are never handed out.
    public var status: Int
    /// Header fields in the order they came, names lower-cased, values without blanks around them.
    public var headers: [(name: String, value: String)]

    /// Makes a head from its parts.
    public init(status: Int, headers: [(name: String, value: String)] = []) {
        self.status = status
        self.headers = headers
    }

    /// The value of the first field of that name; give the name in lower case.
    public func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }

    /// How long the other side asks to wait, at most an hour; nil where it does not say, or in another form.
    ///
    /// RFC 9110 section 10.2.3: seconds, or a date, which counts by the other side's own clock (its `Date`).
    public var retryAfter: Duration? {
        guard let text = header("retry-after") else { return nil }
        if let seconds = Int(text) { return .seconds(min(max(0, seconds), 3_600)) }
        guard let end = HTTPDate.timestamp(text), let now = header("date").flatMap({ HTTPDate.timestamp($0) }) else {
            return nil
        }
        return min(max(.zero, end - now), .seconds(3_600))
    }
}

/// A whole answer.
public struct HTTPClientResponse: Sendable {
    /// Status and header fields.
    public var head: HTTPHead
    /// The body as it came.
    public var body: [UInt8]

    /// Makes an answer from its parts.
    public init(head: HTTPHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }

    /// The status of the head.
    public var status: Int { head.status }
}

/// What a tick wants done with a stream.
public enum StreamVerdict: Sendable {
    /// Read on.
    case goOn
    /// Close the connection now.
    case stop
}

/// How a stream ended when it ended in order.
public enum StreamEnd: Sendable, Hashable {
    /// The server ended the body as the protocol asks.
    case serverClosed
    /// The tick answered `.stop`.
    case stopped
}

/// Collects header lines as libcurl hands them over, one whole line a call.
struct HeadParser {
    /// What a line led to.
    enum Step {
        case more
        case complete(HTTPHead)
        case tooManyFields
    }

    static let fieldLimit = 256

    private var status = 0
    private var headers: [(name: String, value: String)] = []

    mutating func take(_ line: UnsafeRawBufferPointer) -> Step {
        guard headers.count < Self.fieldLimit else { return .tooManyFields }
        let text = String(decoding: line, as: UTF8.self).trimmingBlanks
        if text.hasPrefix("HTTP/") {
            let code = text.drop { $0 != " " }.dropFirst().prefix { $0.isNumber }
            status = Int(code) ?? 0
            headers.removeAll(keepingCapacity: true)
            return .more
        }
        if text.isEmpty {
            defer { headers.removeAll(keepingCapacity: true) }
            return status < 200 ? .more : .complete(HTTPHead(status: status, headers: headers))
        }
        if let colon = text.firstIndex(of: ":") {
            let name = text[..<colon].lowercased()
            headers.append((name, String(text[text.index(after: colon)...]).trimmingBlanks))
        }
        return .more
    }
}

extension String {
    /// The text without blanks, tabs and line breaks at both ends.
    fileprivate var trimmingBlanks: String {
        func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 13 || byte == 10 }
        var bytes = utf8[...]
        while let first = bytes.first, isBlank(first) { bytes.removeFirst() }
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        return String(Substring(bytes))
    }
}
