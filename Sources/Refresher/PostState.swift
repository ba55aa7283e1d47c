public import Time

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
    /// The first and the newest of the lookups that did not find it.
    public var gone: (first: Timestamp, last: Timestamp)?
    /// Whether a newer version of it is there.
    public var isSuperseded = false

    /// Makes the state of a post of which nothing is known yet.
    public init(id: UInt64) { self.id = id }

    /// Whether the newest that is known of it is that it is gone.
    public var isGone: Bool {
        guard let gone else { return false }
        return last.map { $0.time < gone.last } ?? true
    }

    /// Takes the counts of a document in; the two newest stay.
    public mutating func observe(_ observation: Observation) {
        guard let last else {
            last = observation
            return
        }
        if observation.time > last.time {
            (self.last, before) = (observation, last)
        } else if observation.time < last.time, before.map({ $0.time < observation.time }) ?? true {
            before = observation
        }
    }

    /// Takes a sighting on the stream in; the newest one's rules stay.
    public mutating func sight(at time: Timestamp, rules: [UInt8], isRepost: Bool) {
        first = min(first ?? time, time)
        self.isRepost = isRepost
        guard sighted.map({ $0 <= time }) ?? true else { return }
        sighted = time
        self.rules = rules
    }

    /// Takes in that a lookup did not find it.
    public mutating func miss(at time: Timestamp) {
        gone = (min(gone?.first ?? time, time), max(gone?.last ?? time, time))
    }

    /// Whether both know the same.
    public static func == (a: PostState, b: PostState) -> Bool {
        a.id == b.id && a.isRepost == b.isRepost && a.first == b.first && a.sighted == b.sighted && a.rules == b.rules
            && a.last == b.last && a.before == b.before && a.gone?.first == b.gone?.first
            && a.gone?.last == b.gone?.last && a.isSuperseded == b.isSuperseded
    }
}
