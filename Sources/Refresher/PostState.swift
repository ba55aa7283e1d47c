public import Time
public import Transform

/// What is known of one post; a pure function of its documents, in any order and any number.
public struct PostState: Sendable, Equatable {
    /// Counts at a time.
    public struct Observation: Sendable, Equatable {
        /// When they were seen.
        public let time: Timestamp
        /// The likes then.
        public let likes: Int64

        /// Makes an observation.
        public init(time: Timestamp, likes: Int64) {
            self.time = time
            self.likes = likes
        }
    }

    /// Its id.
    public let id: UInt64
    /// Whether it repeats another post, and so has no likes of its own.
    public var isRepost = false
    /// What it is to the posts it refers to.
    public var kind = PostKind.post
    /// The raw content of its author's id, with the escapes that X sent; nil where it is not known.
    public var author: [UInt8]?
    /// Of a repost, the post that it repeats.
    public var original: UInt64?
    /// Of a repost, when a lookup did not find that post; nil while it is there, and where nothing is known of it.
    public var originalGone: Timestamp?
    /// Its first sighting on the stream; nil where only lookups know it.
    public var first: Timestamp?
    /// Its newest sighting on the stream.
    public var sighted: Timestamp?
    /// The tags of the rules that it matched then, as a JSON array.
    public var rules: [UInt8] = Array("[]".utf8)
    /// Its newest counts.
    public var last: Observation?
    /// The counts before those.
    public var before: Observation?
    /// The newest lookup that did not find it, or sighting that showed it as withheld.
    public var gone: Timestamp?
    /// The one before that did not.
    public var goneBefore: Timestamp?
    /// When it was last said that a newer version of it is there.
    public var superseded: Timestamp?
    /// The newest version that was named then.
    public var newest: UInt64?

    /// Makes the state of a post of which nothing is known yet.
    public init(id: UInt64) { self.id = id }

    /// Whether the newest that is known of it is that it is gone.
    public var isGone: Bool { isAfterCounts(gone) }

    /// Whether a newer version of it is there, and no later answer has shown this one again.
    public var isSuperseded: Bool { isAfterCounts(superseded) }

    /// Whether two lookups since the newest counts did not find it.
    public var isGoneForGood: Bool {
        // The stream's own word that it is withheld is no lookup.
        guard let goneBefore, isAfterCounts(goneBefore) else { return false }
        return sighted.map { goneBefore > $0 } ?? true
    }

    /// Whether a lookup has found it since a time; its newest sighting is older then.
    func isLookedUp(since time: Timestamp) -> Bool {
        // Counts that are newer than the newest sighting came from a lookup.
        guard let last, last.time >= time else { return false }
        return sighted.map { last.time > $0 } ?? true
    }

    private func isAfterCounts(_ time: Timestamp?) -> Bool {
        guard let time else { return false }
        // Of one moment the tombstone counts, as in the indices.
        return last.map { $0.time <= time } ?? true
    }

    /// Takes the counts of a document in; the two newest stay, of two that came at once the greater.
    public mutating func observe(_ observation: Observation) {
        let known = [last, before, observation].compactMap { $0 }.sorted {
            ($0.time, $0.likes) > ($1.time, $1.likes)
        }
        last = known.first
        before = known.first { $0.time != last?.time }
    }

    /// Takes a sighting on the stream in; the newest one's rules stay.
    public mutating func sight(at time: Timestamp, rules: [UInt8], isRepost: Bool, of original: UInt64? = nil) {
        first = min(first ?? time, time)
        self.isRepost = self.isRepost || isRepost
        if isRepost { kind = .repost }
        self.original = self.original ?? original
        if let sighted, sighted > time { return }
        // Of two that came at once from two sources, one has to stay whichever came first.
        if sighted == time, rules.lexicographicallyPrecedes(self.rules) { return }
        sighted = time
        self.rules = rules
    }

    /// Takes in what a document says of it that never changes; of two words that differ one stays, whichever came first.
    mutating func describe(author: [UInt8]?, kind: PostKind) {
        // A document without references calls a post what it is not.
        let ranks: [PostKind] = [.post, .reply, .quote, .repost]
        func rank(_ kind: PostKind) -> Int { ranks.firstIndex(of: kind) ?? 0 }
        if rank(kind) > rank(self.kind) { self.kind = kind }
        guard let author else { return }
        if self.author.map({ $0.lexicographicallyPrecedes(author) }) ?? true { self.author = author }
    }

    /// The post as a lookup asks for it.
    func question(at time: Timestamp) -> Question.Post {
        var post = Question.Post(id: id, arrival: sighted ?? first ?? time, rules: rules)
        post.author = author
        post.kind = isRepost ? .repost : kind
        post.repostedID = original
        post.newestID = isSuperseded ? newest : nil
        return post
    }

    /// Takes in that a newer version of it is there.
    public mutating func supersede(at time: Timestamp, by newest: UInt64? = nil) {
        superseded = max(superseded ?? time, time)
        // Ids grow with time.
        self.newest = [self.newest, newest].compactMap { $0 }.max()
    }

    /// Takes in that a lookup did not find it.
    public mutating func miss(at time: Timestamp) {
        let known = Set([gone, goneBefore, time].compactMap { $0 }).sorted(by: >)
        gone = known.first
        goneBefore = known.dropFirst().first
    }
}
