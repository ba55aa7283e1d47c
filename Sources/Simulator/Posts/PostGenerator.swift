internal import Time

/// Makes believable posts for the rules in force; the same seed, clock, rules and fields give the same bytes.
struct PostGenerator: PostSource {
    /// A post before it is known which rules it matches.
    struct Draft {
        var post = GeneratedPost()
        var terms: [String] = []
        /// The rule that it was drawn for.
        let rule: SimulatedRule
        /// The post that it refers to.
        var original: Original?
        /// What the numbers drawn for it depended on.
        var circumstances: PostMemory.Circumstances = []
    }

    var random: SeededGenerator
    private var clock: PostClock
    var originals: [String: [Original]] = [:]
    let writer = PostWriter()
    /// Where posts are remembered for lookups; nil where there are none.
    let world: PostWorld?
    /// The post that is made again from memory; nil while the stream goes on.
    var recalled: Recalled?

    init(seed: UInt64, clock: PostClock, world: PostWorld? = nil) {
        self.init(random: SeededGenerator(seed: seed), clock: clock, world: world)
    }

    init(random: SeededGenerator, clock: PostClock, world: PostWorld?) {
        self.random = random
        self.clock = clock
        self.world = world
    }

    mutating func appendNext(rules: RuleSet, view: PostView, to buffer: inout [UInt8]) -> Bool {
        guard rules.totalWeight > 0 else { return false }
        if let (post, matching) = dueEdit(rules) {
            write(post, nil, view, matching, to: &buffer)
            return true
        }
        let before = random
        var draft = draw(rules)
        var matching = [draft.rule]
        let features = writer.features(of: draft.post, terms: draft.terms, withWords: rules.needsWords)
        for other in rules.entries where other.rule.id != draft.rule.id && other.expression.matches(features) {
            matching.append(other.rule)
        }
        world?.remember(&draft, drawnFrom: before, rules: rules)
        write(draft.post, draft, view, matching, to: &buffer)
        return true
    }

    /// Draws the next post.
    mutating func draw(_ rules: RuleSet) -> Draft {
        let entry = rules.entries[rules.index(atWeight: random.index(below: rules.totalWeight))]
        var draft = Draft(rule: entry.rule)
        entry.expression.draw(with: &random, into: &draft.terms)
        let entropy = random.next()
        if let recalled {
            (draft.post.milliseconds, draft.post.id) = (PostClock.milliseconds(of: recalled.id), recalled.id)
        } else {
            (draft.post.milliseconds, draft.post.id) = clock.next(entropy: entropy)
        }
        draft.post.conversation = draft.post.id
        draft.post.author = Authors.draw(with: &random)
        if let recalled {
            draft.post.author = recalled.author
        } else if let world {
            draft.post.author = world.writer(instead: draft.post.author, of: draft.post.id)
        }
        let kind = random.index(below: 308)
        // The proportions of 308 real posts: 193 reposts, 44 replies, 19 quotes, 52 neither.
        if kind < 193 {
            repost(&draft)
        } else {
            original(&draft)
            if kind < 256 { refer(&draft, isReply: kind < 237) }
            keep(&draft)
        }
        draft.post.isSensitive = random.happens(perMille: 15)
        draft.post.isPaid = random.happens(perMille: 3)
        return draft
    }

    // MARK: - Internal

    /// An edit whose time has come, with the rules it matches; it takes the next place on the stream.
    private mutating func dueEdit(_ rules: RuleSet) -> (GeneratedPost, [SimulatedRule])? {
        while let world, let earlier = world.memory.takeDueEdit(at: clock.milliseconds) {
            guard let draft = world.recall(earlier) else { continue }
            let features = writer.features(of: draft.post, terms: draft.terms, withWords: rules.needsWords)
            let matching = rules.entries.filter { $0.expression.matches(features) }.map(\.rule)
            // A stream delivers what its rules match; where they changed meanwhile the author thinks better of it.
            guard !matching.isEmpty else { continue }
            let id = clock.next(entropy: SeededGenerator.mixed(earlier)).id
            return (world.edit(draft.post, id: id), matching)
        }
        return nil
    }

    /// The posts that a post refers to, as they stood when it was written.
    private func referenced(by post: GeneratedPost, _ draft: Draft?) -> [GeneratedPost] {
        post.references.compactMap { reference in
            if let world, var found = world.recall(reference.id)?.post {
                found.take(world.law.counts(of: reference.id, at: PostLaw.creation(of: post.id)))
                return found
            }
            guard let draft, let original = draft.original, original.id == reference.id else { return nil }
            var found = Draft(original, rule: draft.rule)?.post
            found?.repostCount = original.repostCount
            return found
        }
    }

    private func write(
        _ post: GeneratedPost,
        _ draft: Draft?,
        _ view: PostView,
        _ rules: [SimulatedRule],
        to buffer: inout [UInt8]
    ) {
        // The record goes straight behind what the caller's buffer holds, without a copy of either.
        var json = JSONText()
        swap(&json.bytes, &buffer)
        post.write(view, rules: rules, referenced: { referenced(by: post, draft) }, to: &json)
        json.raw("\r\n")
        swap(&json.bytes, &buffer)
    }
}
