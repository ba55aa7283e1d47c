internal import JSON
/// What an in-stream line that is no post says.
///
/// X may say why it disconnects; it need not, and it may be cut off. So this is for people, never for decisions.
public struct StreamNotice: Sendable, Hashable, CustomStringConvertible {
    /// What X says is wrong; never empty.
    public let problems: [Problem]

    /// Reads a line that begins with `{"errors"`.
    ///
    /// - Parameter line: without its line end.
    /// - Returns: nil where the line holds a post too, or tells of nothing.
    public init?(line: [UInt8]) {
        guard let json = JSONValue.parse(line), json["data"] == nil else { return nil }
        let problems = Problem.all(in: json)
        guard !problems.isEmpty else { return nil }
        self.problems = problems
    }

    /// Whether X announces that it closes the stream.
    public var isDisconnect: Bool {
        problems.contains {
            $0.disconnectType != nil || $0.type.hasSuffix("-disconnect") || $0.type == "client-disconnected"
        }
    }

    /// The problems in one line.
    public var description: String { problems.map(\.description).joined(separator: "; ") }
}

/// Finds lines that begin with `{"errors"` in a stream, over the borders of deliveries, at the cost of one search for line ends.
public struct NoticeScanner: Sendable {
    /// Longer lines are no notices, whatever they begin with.
    public static let lineByteLimit = 4096

    private static let prefix = Array("{\"errors\"".utf8)

    private enum Place { case lineStart, inCandidate, inOther }

    private var place = Place.lineStart
    private var candidate: [UInt8] = []

    /// Makes a scanner that stands at the beginning of a line.
    public init() {}

    /// Forgets an unfinished line; the next byte begins a new one.
    public mutating func breakLine() {
        place = .lineStart
        candidate.removeAll(keepingCapacity: true)
    }

    /// Takes a delivery and returns the candidate lines that end in it, without their line ends; almost always none.
    public mutating func take(_ bytes: UnsafeRawBufferPointer) -> [[UInt8]] {
        guard let base = bytes.baseAddress else { return [] }
        var found: [[UInt8]] = []
        var start = 0
        while start < bytes.count {
            let end = firstLineEnd(base, start, bytes.count)
            takePart(UnsafeRawBufferPointer(rebasing: bytes[start..<(end ?? bytes.count)]))
            guard let end else { break }
            if place == .inCandidate, candidate.count >= Self.prefix.count {
                if candidate.last == 13 { candidate.removeLast() }
                found.append(candidate)
            }
            breakLine()
            start = end + 1
        }
        return found
    }

    private mutating func takePart(_ part: UnsafeRawBufferPointer) {
        guard place != .inOther, !part.isEmpty else { return }
        let known = candidate.count
        // The first byte already tells most lines apart: posts begin with {"data".
        for index in known..<max(known, min(known + part.count, Self.prefix.count))
        where part[index - known] != Self.prefix[index] {
            place = .inOther
            return
        }
        guard known + part.count <= Self.lineByteLimit else {
            place = .inOther
            return
        }
        candidate.append(contentsOf: part)
        place = .inCandidate
    }
}
