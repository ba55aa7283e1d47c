internal import Numbers
public import Time

/// When a post is to be read again; pure: the same knowledge gives the same answer.
///
/// By age: a read is due at each step after the post was first seen, and one read serves all steps that have passed. By velocity: a
/// post whose likes climb is read again half way to the next step, one whose likes have stopped after a day is let go. Around
/// midnight UTC, where X's billing days part, a free read shortly before may stand for one shortly after.
public struct RefreshSchedule: Sendable, Equatable, CustomStringConvertible {
    /// Why a post is due when it is, or never.
    public enum Reason: Sendable, Hashable {
        /// The age at which the step lies.
        case step(Duration)
        /// Half way to a step, because its likes climb.
        case climbing(Duration)
        /// Once more, because a lookup did not find it.
        case onceMore
        /// Two lookups did not find it.
        case gone
        /// A newer version of it is there.
        case superseded
        /// It is a repost, which has no likes of its own.
        case repost
        /// It is a repost of a post that a lookup did not find; whether it went with it is asked once.
        case originalGone
        /// Its likes have stopped.
        case stopped
        /// All steps are behind it.
        case runOut
        /// No stream has shown it.
        case unseen
    }

    /// The ages at which posts are read, ascending.
    public var steps: [Duration]
    /// Whether reposts are read too.
    public var includesReposts = false

    /// 15 minutes, 1 hour, 4 hours, 1 day, 3 days, 7 days.
    public static let standardSteps: [Duration] = [
        .seconds(900), .seconds(3_600), .seconds(14_400), .seconds(86_400), .seconds(259_200), .seconds(604_800),
    ]

    /// How long a post that was not found is left alone before it is asked for once more.
    public static let onceMoreAfter = Duration.seconds(3_600)
    /// Likes that have not changed for so long have stopped.
    static let stopsAfter = Duration.seconds(86_400)
    /// A climbing post is read sooner only where the next step is further away than this.
    static let climbingGap = Duration.seconds(7_200)

    /// Makes a schedule.
    public init(steps: [Duration] = RefreshSchedule.standardSteps) { self.steps = steps.sorted() }

    /// All that it decides by, in a line.
    public var description: String {
        "3: " + steps.map { "\($0.components.seconds)s" }.joined(separator: " ") + (includesReposts ? " reposts" : "")
    }

    /// The schedule that describes itself so; nil where none of this version does.
    init?(describedBy text: String) {
        var words = text.split(separator: " ").map(String.init)
        guard words.first == "3:" else { return nil }
        let includesReposts = words.last == "reposts"
        if includesReposts { words.removeLast() }
        let steps = words.dropFirst().compactMap { $0.hasSuffix("s") ? Int64($0.dropLast()) : nil }
        // No age is longer than the 100,000 days that an option takes.
        guard steps.count == words.count - 1, steps.allSatisfy({ (0...8_640_000_000).contains($0) }) else { return nil }
        self.init(steps: steps.map { .seconds($0) })
        self.includesReposts = includesReposts
    }

    /// When a post is due, nil for never, and why.
    public func due(_ post: PostState) -> (time: Timestamp?, reason: Reason) {
        if post.isSuperseded { return (nil, .superseded) }
        if post.isGone, let gone = post.gone {
            // Of a post that no stream has shown, nobody knows by which rules.
            if post.isGoneForGood || post.first == nil { return (nil, .gone) }
            return (gone + RefreshSchedule.onceMoreAfter, .onceMore)
        }
        guard let first = post.first else { return (nil, .unseen) }
        let seen = post.last?.time ?? first
        if let gone = post.originalGone, !post.isLookedUp(since: gone) {
            return (max(gone, post.sighted ?? gone), .originalGone)
        }
        if post.isRepost && !includesReposts { return (nil, .repost) }
        guard let step = steps.first(where: { first + $0 > seen && !isRead(post, before: first + $0, first: first) })
        else { return (nil, .runOut) }
        let time = first + step
        guard let last = post.last, let before = post.before else { return (time, .step(step)) }
        if last.likes == before.likes, last.time - before.time >= RefreshSchedule.stopsAfter { return (nil, .stopped) }
        let gap = time - last.time
        if RefreshSchedule.isClimbing(from: before.likes, to: last.likes), gap > RefreshSchedule.climbingGap {
            return (last.time + gap / 2, .climbing(step))
        }
        return (time, .step(step))
    }

    /// How much a read is worth, for the order when more is due than may be read: likes expected an hour.
    public func value(_ post: PostState) -> Double {
        guard let last = post.last else { return 1 }
        guard let before = post.before, last.time > before.time else { return 1 + Double(last.likes) }
        let gained = max(0, last.likes.saturatingSubtract(before.likes))
        return Double(gained) / ((last.time - before.time).asSeconds / 3_600)
    }

    /// Whether likes have grown by a fifth of what they are now, and by 20 at least; what X says may be any number.
    private static func isClimbing(from before: Int64, to now: Int64) -> Bool {
        let gained = now.saturatingSubtract(before)
        return gained >= 20 && gained.saturatingMultiply(by: 5) >= now
    }
}
