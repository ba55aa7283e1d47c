internal import Time

/// What a simulator with lookups knows: which posts there are, what becomes of them, and what was charged.
struct PostWorld: Sendable {
    private static let editMark = Array(" (edited)".utf8)

    let memory = PostMemory()
    let law: PostLaw
    let meter: UsageMeter

    /// Makes the world of a configuration; nil where lookups are off.
    init?(_ configuration: SimulatorConfiguration, clock: WallClock) throws(SimulatorError) {
        guard let settings = configuration.lookups else { return nil }
        guard case .generated(let seed, let start) = configuration.posts else {
            throw SimulatorError(
                code: .badFile,
                message: "lookups need generated posts: leave out either the file of posts or the lookups"
            )
        }
        law = PostLaw(seed: seed, fates: settings.fates, start: settings.began ?? start ?? clock.now)
        meter = UsageMeter(clock: clock, deduplicates: settings.deduplicatesCharges, cap: settings.spendCap)
    }

    var truth: SimulatedTruth { SimulatedTruth(memory: memory, law: law) }

    /// Who writes a post that was drawn for an author: another one, where that one's posts are no longer public.
    func writer(instead author: Int, of id: UInt64) -> Int {
        law.writer(instead: author, at: PostLaw.creation(of: id))
    }

    /// Keeps what a post was drawn from, gives it the counts of its first moment, and charges for it.
    func remember(_ draft: inout PostGenerator.Draft, drawnFrom random: SeededGenerator, rules: RuleSet) {
        let id = draft.post.id
        let creation = PostLaw.creation(of: id)
        let reference = draft.post.references.first
        let isRepost = reference?.kind == .retweeted
        let circumstances = draft.circumstances.union(isRepost ? .isRepost : [])
        memory.append(
            PostMemory.Entry(
                id: id,
                random: random,
                reference: reference?.id ?? 0,
                author: UInt16(draft.post.author),
                circumstances: circumstances
            ),
            rules: rules
        )
        if let original = draft.original, !circumstances.contains(.tookKept) {
            memory.add(made: original.id, PostMemory.Made(maker: id, author: original.author))
        }
        if isRepost, let original = reference?.id {
            draft.post.take(SimulatedPost.Counts(reposts: law.counts(of: original, at: creation).reposts))
        } else {
            draft.post.take(law.counts(of: id, at: creation))
            planEdit(of: id, first: id)
        }
        meter.charge([id])
    }

    /// The next version of a post that is to be edited, remembered and charged for.
    func edit(_ earlier: GeneratedPost, id: UInt64) -> GeneratedPost {
        var post = earlier
        let history = memory.known(earlier.id)?.history ?? [earlier.id]
        if let (entry, rules) = memory.entry(earlier.id) {
            memory.append(
                PostMemory.Entry(
                    id: id,
                    random: entry.random,
                    reference: earlier.id,
                    author: entry.author,
                    circumstances: .isEdit
                ),
                rules: rules
            )
        }
        Self.makeEdit(of: &post, id: id)
        post.earlierVersions = history
        post.take(law.counts(of: id, at: PostLaw.creation(of: id)))
        planEdit(of: id, first: history[0])
        meter.charge([id])
        return post
    }

    /// Makes a post again as the stream had it, but for counts and versions; nil for ids that nothing is known of.
    func recall(_ id: UInt64) -> PostGenerator.Draft? {
        guard let (entry, rules) = memory.entry(id) else {
            guard let made = memory.made(id), let maker = recall(made.maker) else { return nil }
            return PostGenerator.Draft(maker.original, rule: maker.rule)
        }
        if entry.circumstances.contains(.isEdit) {
            guard var draft = recall(entry.reference) else { return nil }
            Self.makeEdit(of: &draft.post, id: id)
            return draft
        }
        var generator = PostGenerator(
            random: entry.random,
            clock: PostClock(start: PostLaw.creation(of: id), step: .zero),
            world: nil
        )
        generator.recalled = Recalled(
            id: id,
            author: Int(entry.author),
            circumstances: entry.circumstances,
            original: { original(entry.reference, withText: $0) }
        )
        return generator.draw(rules)
    }

    // MARK: - Internal

    private func planEdit(of id: UInt64, first: UInt64) {
        if let time = law.edit(of: id, first: first) { memory.planEdit(of: id, at: time.milliseconds) }
    }

    private static func makeEdit(of post: inout GeneratedPost, id: UInt64) {
        post.id = id
        post.milliseconds = PostClock.milliseconds(of: id)
        post.text += editMark
    }

    /// A post that another refers to; all of it is made again only where the other repeats its text.
    private func original(_ id: UInt64, withText: Bool) -> PostGenerator.Original? {
        guard withText else {
            return memory.entry(id).map { PostGenerator.Original(id: id, author: Int($0.0.author)) }
        }
        return recall(id).map { PostGenerator.Original($0) }
    }
}
