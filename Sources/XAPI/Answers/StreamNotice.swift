internal import JSON
/// What an in-stream line that is no post says.
///
/// X may say why it disconnects; it need not, and it may be cut off. So this is for people, never for decisions.
public struct StreamNotice: Sendable, Hashable, CustomStringConvertible {
    /// What X says is wrong; never empty.
    public let problems: [Problem]

    /// Reads a line that holds problems, in `errors` or at its top level.
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

/// Finds the lines of a stream that may be notices, over the borders of deliveries: objects that do not begin with `{"data"`.
///
/// X writes posts with `data` first, so a stream of posts costs one search for line ends. A post in another order becomes a
/// candidate, which `StreamNotice` turns down.
public struct NoticeScanner: Sendable {
    /// Longer lines are no notices, whatever they begin with.
    public static let lineByteLimit = 4096

    private static let post = Array("{\"data\"".utf8)

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
            if place == .inCandidate {
                if candidate.last == 13 { candidate.removeLast() }
                if candidate.last == 125 { found.append(candidate) }
            }
            breakLine()
            start = end + 1
        }
        return found
    }

    private mutating func takePart(_ part: UnsafeRawBufferPointer) {
        guard place != .inOther, let first = part.first else { return }
        // Keep-alives and lines that are no object.
        guard !candidate.isEmpty || first == 123 else {
            place = .inOther
            return
        }
        guard candidate.count + part.count <= Self.lineByteLimit, !beginsPost(part) else {
            place = .inOther
            candidate.removeAll(keepingCapacity: true)
            return
        }
        candidate.append(contentsOf: part)
        place = .inCandidate
    }

    /// Whether the line at hand, with this part of it, begins as posts do.
    private func beginsPost(_ part: UnsafeRawBufferPointer) -> Bool {
        let known = candidate.count
        guard known + part.count >= Self.post.count else { return false }
        return Self.post.indices.allSatisfy { (index: Int) in
            Self.post[index] == (index < known ? candidate[index] : part[index - known])
        }
    }
}
