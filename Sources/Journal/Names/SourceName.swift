/// The name of one stream of bytes in a journal, `filtered` or `lookup` for example.
///
/// One to 32 of `a-z`, `0-9` and `-`, a letter first; it is a folder's name too.
public struct SourceName: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The name as text.
    public let rawValue: String

    /// Makes a name, or nil where the text breaks the rules above.
    public init?(rawValue: String) {
        let bytes = Array(rawValue.utf8)
        guard (1...32).contains(bytes.count), (97...122).contains(bytes[0]) else { return nil }
        guard bytes.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }) else { return nil }
        self.rawValue = rawValue
    }

    private init(trusted: String) { rawValue = trusted }

    /// Posts that match our rules: `GET /2/tweets/search/stream`.
    public static let filtered = SourceName(trusted: "filtered")

    /// The answers to lookups, each with its question.
    public static let lookup = SourceName(trusted: "lookup")

    /// Our own irrevocable decisions: money reserved, posts erased.
    public static let ledger = SourceName(trusted: "ledger")

    /// The name as text.
    public var description: String { rawValue }

    /// Whether `a` comes first in the order of bytes.
    public static func < (a: SourceName, b: SourceName) -> Bool { a.rawValue < b.rawValue }
}
