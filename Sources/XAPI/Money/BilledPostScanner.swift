/// Reads along with a stream: counts the posts that X bills, and tells a stream of X's from another answer with status 200.
///
/// X sends lines of JSON objects, and blank lines between them. What begins otherwise is the page of a portal or a proxy. Lines
/// reach over the borders of chunks; the cost is one search for line ends. One thread at a time.
public struct BilledPostScanner {
    /// What a connection delivers.
    public enum Content: Sendable {
        /// Blank lines so far, or nothing.
        case unknown
        /// JSON objects.
        case json
        /// Something that is not JSON.
        case foreign
    }

    private enum Place { case candidate, post, foreign }

    /// A line that is not told from a post before is taken for one.
    static let lineByteLimit = 64 * 1024

    /// What the connection delivers; its first line that is not blank decides.
    public private(set) var content = Content.unknown
    private let lines = BilledLines()
    private var place = Place.candidate
    /// The beginning of a line that does not begin as posts do.
    private var candidate: [UInt8] = []

    /// Makes a scanner that stands at the beginning of a connection.
    public init() {}

    /// Takes a chunk and returns how many billed posts end in it.
    public mutating func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        var (posts, start) = (0, 0)
        while start < bytes.count {
            let end = firstLineEnd(base, start, bytes.count)
            takePart(UnsafeRawBufferPointer(rebasing: bytes[start..<(end ?? bytes.count)]))
            guard let end else { break }
            posts += endLine(isWhole: true)
            start = end + 1
        }
        return posts
    }

    /// Ends the connection, and returns whether X bills the line that is unfinished: 1 or 0.
    public mutating func endConnection() -> Int {
        defer { content = .unknown }
        return endLine(isWhole: false)
    }

    private mutating func takePart(_ part: UnsafeRawBufferPointer) {
        guard place == .candidate, !part.isEmpty else { return }
        if candidate.isEmpty, BilledLines.beginsLikePost(part) { return decide(.post) }
        candidate.append(contentsOf: part.prefix(Self.lineByteLimit - candidate.count))
        switch LineOpening(candidate) {
        case .blank, .brace: break
        case .foreign: decide(.foreign)
        case .object:
            if content == .unknown { content = .json }
            let isPost = candidate.withUnsafeBytes { BilledLines.beginsLikePost($0) }
            if isPost || candidate.count == Self.lineByteLimit { decide(.post) }
        }
    }

    private mutating func decide(_ place: Place) {
        self.place = place
        candidate.removeAll(keepingCapacity: true)
        if content == .unknown { content = place == .post ? .json : .foreign }
    }

    private mutating func endLine(isWhole: Bool) -> Int {
        defer {
            place = .candidate
            candidate.removeAll(keepingCapacity: true)
        }
        switch place {
        case .post: return 1
        case .foreign: return 0
        case .candidate:
            // An object that ends behind its brace is none.
            if isWhole, content == .unknown, case .brace = LineOpening(candidate) { content = .foreign }
            return candidate.withUnsafeBytes { lines.isBilled($0, isWhole: isWhole) } ? 1 : 0
        }
    }
}
