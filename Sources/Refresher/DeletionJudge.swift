/// Says whether the deletions of a stretch of lookups are plausible; pure.
///
/// Only posts count that were there before, and of which X said something. A repost of a post that is gone goes with it, so it does
/// not count either.
struct DeletionJudge {
    let limit: DeletionLimit
    /// Posts of this stretch that count.
    private(set) var asked = 0
    /// Those of them that X did not find.
    private(set) var gone = 0
    /// Posts in a row that X did not find, over stretches and passes: X may fail in the middle of one.
    private var row = 0
    private var longestRow = 0

    init(_ limit: DeletionLimit) { self.limit = limit }

    /// Posts of this stretch that X found.
    var found: Int { asked - gone }

    /// Whether what X did not find may well be gone.
    var isPlausible: Bool {
        guard limit.share < 1 else { return true }
        return longestRow < limit.least && (asked < limit.least || !limit.isExceeded(gone, of: asked))
    }

    mutating func take(isGone: Bool, _ post: PostState) {
        guard !post.isGone, !post.isSuperseded, post.originalGone == nil else { return }
        asked += 1
        gone += isGone ? 1 : 0
        row = isGone ? row + 1 : 0
        longestRow = max(longestRow, row)
    }

    /// Begins another stretch.
    mutating func begin() { (asked, gone, longestRow) = (0, 0, row) }
}
