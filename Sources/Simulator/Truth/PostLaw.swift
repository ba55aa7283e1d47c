internal import Glibc
internal import Time

/// What becomes of every post and author: a pure function of the seed and a number, so that nothing has to be remembered.
struct PostLaw: Sendable {
    private enum Question: UInt64 {
        case size = 1, pace, beginning, shares, deletes, deletedAfter, withholds, withheldAfter, country
        case edits, editedAfter, protects, protectedAfter, opens, openedAfter, suspends, suspendedAfter
    }

    /// X lets a post be edited for half an hour.
    static let editWindow = Duration.seconds(1_800)
    private static let countries = ["DE", "FR", "IN", "TR", "BR", "GB", "JP"]

    let seed: UInt64
    let fates: SimulatedFates
    /// From when on things happen to authors.
    let start: Timestamp

    /// The time that a post's id holds.
    static func creation(of id: UInt64) -> Timestamp {
        Timestamp(microseconds: PostClock.milliseconds(of: id) * 1_000)
    }

    /// How a post that is no repost was counted by then; counts only ever grow.
    func counts(of id: UInt64, at time: Timestamp) -> SimulatedPost.Counts {
        // At least k likes in the end has a chance of 1 / (k + 1)^1.1: half of the posts get none, a few get millions.
        let final = min(pow(max(unit(id, .size), 1e-12), -1 / 1.1) - 1, 2e6).rounded(.down)
        // They come within 20 minutes for some posts and 48 hours for others.
        let pace = 1_200 * pow(144, unit(id, .pace))
        let head = unit(id, .beginning) < 0.06 ? 0.05 : 0
        let age = max(0, (time - Self.creation(of: id)).asSeconds)
        let progress = 1 - (1 - head) * exp(-age / pace)
        let shares = bits(id, .shares)
        func count(_ least: Double, _ most: Double, byte: UInt64, of whole: Double) -> Int {
            let share = least + (most - least) * Double(shares >> (8 * byte) & 0xFF) / 255
            return Int((whole * share).rounded() * progress + 0.5)
        }
        return SimulatedPost.Counts(
            likes: Int(final * progress + 0.5),
            reposts: count(0.02, 0.3, byte: 0, of: final),
            replies: count(0.01, 0.1, byte: 1, of: final),
            quotes: count(0, 0.05, byte: 2, of: final),
            bookmarks: count(0, 0.1, byte: 3, of: final),
            impressions: count(30, 130, byte: 4, of: final + 1)
        )
    }

    /// When a post and all its versions are deleted; nil for never.
    func deletion(of first: UInt64) -> Timestamp? {
        guard happens(first, .deletes, fates.deletedPerMille) else { return nil }
        return Self.creation(of: first) + delay(first, .deletedAfter)
    }

    /// The countries a post is withheld in by then.
    func withheldCountries(of first: UInt64, at time: Timestamp) -> [String] {
        guard happens(first, .withholds, fates.withheldPerMille),
            time >= Self.creation(of: first) + delay(first, .withheldAfter)
        else { return [] }
        let place = Int(bits(first, .country) % UInt64(Self.countries.count))
        return place % 3 == 0 ? ["DE", "FR"] : [Self.countries[place]]
    }

    /// When a version is to be replaced by the next; nil for never.
    func edit(of id: UInt64, first: UInt64) -> Timestamp? {
        guard happens(id, .edits, fates.editedPerMille) else { return nil }
        let time = Self.creation(of: id) + Self.editWindow * unit(id, .editedAfter)
        guard time < Self.creation(of: first) + Self.editWindow else { return nil }
        if let deletion = deletion(of: first), deletion <= time { return nil }
        return time
    }

    /// What an author's posts are for others at a time.
    func state(ofAuthor author: Int, at time: Timestamp) -> SimulatedPost.State {
        let number = UInt64(author)
        if happens(number, .suspends, fates.suspendedAuthorsPerMille), time >= start + delay(number, .suspendedAfter) {
            return .suspended
        }
        guard happens(number, .protects, fates.protectedAuthorsPerMille) else { return .visible }
        let from = start + delay(number, .protectedAfter)
        let opens = happens(number, .opens, 500) && time >= from + delay(number, .openedAfter)
        return time >= from && !opens ? .protected : .visible
    }

    /// The author, or the next one after who can still write in public at that time.
    func writer(instead author: Int, at time: Timestamp) -> Int {
        for step in 0..<100 {
            let candidate = (author + step) % Authors.count
            if state(ofAuthor: candidate, at: time) == .visible { return candidate }
        }
        return author
    }

    // MARK: - Internal

    private func bits(_ number: UInt64, _ question: Question) -> UInt64 {
        let key = SeededGenerator.mixed(seed &+ question.rawValue &* 0x9E37_79B9_7F4A_7C15)
        return SeededGenerator.mixed(SeededGenerator.mixed(number ^ key) &+ key)
    }

    private func unit(_ number: UInt64, _ question: Question) -> Double {
        Double(bits(number, question) >> 11) * 0x1p-53
    }

    private func happens(_ number: UInt64, _ question: Question, _ perMille: Int) -> Bool {
        bits(number, question) % 1_000 < UInt64(clamping: perMille)
    }

    private func delay(_ number: UInt64, _ question: Question) -> Duration {
        fates.meanDelay * -log(max(unit(number, question), 1e-12))
    }
}
