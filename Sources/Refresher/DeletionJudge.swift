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
    /// Posts in a row that X did not find, over stretches, passes and processes: X may fail in the middle of one.
    private(set) var row = 0
    private var longestRow = 0

    /// - Parameter carried: what earlier passes left over.
    init(_ limit: DeletionLimit, carried: Carried = Carried()) {
        self.limit = limit
        (asked, gone, row) = (carried.asked, carried.gone, carried.row)
        longestRow = row
    }

    /// What a judgement leaves to the next one: passes of few posts, one a minute for example, are judged together.
    struct Carried: Equatable {
        var asked = 0
        var gone = 0
        var row = 0
    }

    /// What is left to the next stretch: nothing of one that was long enough to be judged, but for the row at its end.
    var carried: Carried {
        asked < limit.least ? Carried(asked: asked, gone: gone, row: row) : Carried(row: row)
    }

    /// Posts of this stretch that X found.
    var found: Int { max(0, asked - gone) }

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

    /// Begins another stretch, with what earlier ones left over.
    mutating func begin(_ carried: Carried) { self = DeletionJudge(limit, carried: carried) }
}
