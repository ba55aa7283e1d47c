internal import Synchronization

/// The posts that streams took, 56 bytes each: not what they say, but what they were drawn from.
final class PostMemory: Sendable {
    /// What the numbers drawn for a post depended on, beside the random state.
    struct Circumstances: OptionSet {
        let rawValue: UInt8

        /// There were earlier posts to refer to.
        static let hadKept = Circumstances(rawValue: 1)
        /// It refers to one of them.
        static let tookKept = Circumstances(rawValue: 2)
        /// It took the place of one of them.
        static let wasFull = Circumstances(rawValue: 4)
        /// It is a repost.
        static let isRepost = Circumstances(rawValue: 8)
        /// It is a later version of the post it refers to.
        static let isEdit = Circumstances(rawValue: 16)
    }

    struct Entry {
        let id: UInt64
        /// What it was drawn from.
        let random: SeededGenerator
        /// The post it reposts, quotes, answers or replaces; 0 for none.
        let reference: UInt64
        var rules: UInt32 = 0
        let author: UInt16
        let circumstances: Circumstances
    }

    /// A post that no stream had, made up for another to refer to.
    struct Made {
        let maker: UInt64
        let author: Int
    }

    /// What is known of a post without making it again.
    struct Known {
        let author: Int
        var repostedID: UInt64?
        /// All its versions, oldest first.
        var history: [UInt64]
    }

    private struct State {
        /// In the order of ids; in pieces, since a growing array is copied.
        var chunks: [[Entry]] = []
        var rules: [RuleSet] = []
        var made: [UInt64: Made] = [:]
        /// The next version of a post.
        var edits: [UInt64: UInt64] = [:]
        /// Edits to come, the soonest last.
        var planned: [(milliseconds: Int64, id: UInt64)] = []

        func entry(_ id: UInt64) -> Entry? {
            guard let chunk = Self.place(of: id, in: chunks, { $0[0].id }) else { return nil }
            guard let index = Self.place(of: id, in: chunks[chunk], { $0.id }) else { return nil }
            let entry = chunks[chunk][index]
            return entry.id == id ? entry : nil
        }

        /// The last element whose id is not greater.
        private static func place<Element>(of id: UInt64, in sorted: [Element], _ key: (Element) -> UInt64) -> Int? {
            var low = 0
            var high = sorted.count
            while low < high {
                let middle = (low + high) / 2
                if key(sorted[middle]) <= id { low = middle + 1 } else { high = middle }
            }
            return low > 0 ? low - 1 : nil
        }
    }

    private static let chunkSize = 16_384

    private let state = Mutex(State())

    /// Adds a post whose id is greater than all before.
    func append(_ entry: Entry, rules: RuleSet) {
        state.withLock { state in
            var entry = entry
            if state.rules.last !== rules { state.rules.append(rules) }
            entry.rules = UInt32(state.rules.count - 1)
            if state.chunks.last.map({ $0.count == Self.chunkSize }) ?? true {
                state.chunks.append([])
                state.chunks[state.chunks.count - 1].reserveCapacity(Self.chunkSize)
            }
            state.chunks[state.chunks.count - 1].append(entry)
            if entry.circumstances.contains(.isEdit) { state.edits[entry.reference] = entry.id }
        }
    }

    /// Adds a post that was made up for another to refer to.
    func add(made id: UInt64, _ made: Made) {
        state.withLock { if $0.made[id] == nil { $0.made[id] = made } }
    }

    /// A post is to be edited at that time.
    func planEdit(of id: UInt64, at milliseconds: Int64) {
        state.withLock { state in
            let index = state.planned.firstIndex { $0.milliseconds <= milliseconds } ?? state.planned.count
            state.planned.insert((milliseconds, id), at: index)
        }
    }

    /// A post whose edit is due by then.
    func takeDueEdit(at milliseconds: Int64) -> UInt64? {
        state.withLock { state in
            guard let next = state.planned.last, next.milliseconds <= milliseconds else { return nil }
            return state.planned.popLast()?.id
        }
    }

    /// A streamed post, and the rules it was drawn for.
    func entry(_ id: UInt64) -> (Entry, RuleSet)? {
        state.withLock { state in state.entry(id).map { ($0, state.rules[Int($0.rules)]) } }
    }

    /// A post that was made up for another.
    func made(_ id: UInt64) -> Made? {
        state.withLock { $0.made[id] }
    }

    /// What is known of a post; nil for ids that nothing is known of.
    func known(_ id: UInt64) -> Known? {
        state.withLock { state in
            guard let entry = state.entry(id) else {
                return state.made[id].map { Known(author: $0.author, history: [id]) }
            }
            var known = Known(author: Int(entry.author), history: [id])
            if entry.circumstances.contains(.isRepost) { known.repostedID = entry.reference }
            var earlier = entry
            while earlier.circumstances.contains(.isEdit), let before = state.entry(earlier.reference) {
                known.history.insert(before.id, at: 0)
                earlier = before
            }
            var later = id
            while let next = state.edits[later] {
                known.history.append(next)
                later = next
            }
            return known
        }
    }

    /// The streamed posts in their order.
    var ids: [UInt64] {
        state.withLock { $0.chunks.flatMap { $0.map(\.id) } }
    }
}
