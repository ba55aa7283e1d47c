/// Makes believable posts for the rules in force; the same seed, clock, rules and fields give the same bytes.
struct PostGenerator: PostSource {
    /// What a later post may repost, quote or answer.
    private struct Original {
        let id: UInt64
        let author: Int
        let lang: String
        let text: [UInt8]
        let mediaKeys: [String]
        let terms: [String]
        var repostCount: Int
    }

    private static let originalsKeptByRule = 64

    private var random: SeededGenerator
    private var clock: PostClock
    private let spelling: FieldSpelling
    private var originals: [String: [Original]] = [:]
    private let writer = PostWriter()

    init(seed: UInt64, clock: PostClock, spelling: FieldSpelling) {
        random = SeededGenerator(seed: seed)
        self.clock = clock
        self.spelling = spelling
    }

    mutating func appendNext(rules: RuleSet, fields: PostFields, to buffer: inout [UInt8]) -> Bool {
        guard rules.totalWeight > 0 else { return false }
        let entry = rules.entries[rules.index(atWeight: random.index(below: rules.totalWeight))]
        var terms: [String] = []
        entry.expression.draw(with: &random, into: &terms)
        var post = GeneratedPost()
        (post.milliseconds, post.id) = clock.next(entropy: random.next())
        post.conversation = post.id
        post.author = Authors.draw(with: &random)
        let kind = random.index(below: 308)
        // The proportions of 308 real posts: 193 reposts, 44 replies, 19 quotes, 52 neither.
        if kind < 193 {
            repost(&post, of: entry.rule, &terms)
        } else {
            original(&post, &terms)
            if kind < 256 { refer(&post, isReply: kind < 237, rule: entry.rule) }
            keep(post, terms, for: entry.rule)
        }
        post.isSensitive = random.happens(perMille: 15)
        post.isPaid = random.happens(perMille: 3)

        var matching = [entry.rule]
        let features = writer.features(of: post, terms: terms, withWords: rules.needsWords)
        for other in rules.entries where other.rule.id != entry.rule.id && other.expression.matches(features) {
            matching.append(other.rule)
        }
        // The record goes straight behind what the caller's buffer holds, without a copy of either.
        var json = JSONText()
        swap(&json.bytes, &buffer)
        post.write(fields, spelling: spelling, rules: matching, to: &json)
        json.raw("\r\n")
        swap(&json.bytes, &buffer)
        return true
    }

    // MARK: - Internal

    /// Fills in a post of the author's own.
    private mutating func original(_ post: inout GeneratedPost, _ terms: inout [String]) {
        writer.write(&post, &terms, with: &random)
        post.likeCount = random.happens(perMille: 60) ? random.longTail(limit: 93) : 0
        post.repostCount = random.happens(perMille: 20) ? random.longTail(limit: 40) : 0
        post.replyCount = random.happens(perMille: 30) ? random.longTail(limit: 12) : 0
        post.quoteCount = random.happens(perMille: 6) ? random.longTail(limit: 7) : 0
        post.bookmarkCount = random.happens(perMille: 10) ? random.longTail(limit: 9) : 0
        post.impressionCount = random.happens(perMille: 400) ? random.longTail(limit: 400) : 0
    }

    /// Makes the post a repost of one that was there before, its count included and its own likes zero, as X does.
    private mutating func repost(_ post: inout GeneratedPost, of rule: SimulatedRule, _ terms: inout [String]) {
        let reposted = older(than: post, for: rule, terms)
        terms = reposted.terms
        post.lang = reposted.lang
        post.mediaKeys = reposted.mediaKeys
        post.repostCount = reposted.repostCount
        post.references = [GeneratedPost.Reference(kind: .retweeted, id: reposted.id)]
        post.text = writer.repostText(of: Authors.handle(reposted.author), reposted.text)
    }

    private mutating func refer(_ post: inout GeneratedPost, isReply: Bool, rule: SimulatedRule) {
        let other = older(than: post, for: rule, [])
        post.references = [GeneratedPost.Reference(kind: isReply ? .repliedTo : .quoted, id: other.id)]
        if isReply {
            post.conversation = other.id
            post.text = Array("@\(Authors.handle(other.author)) ".utf8) + post.text
        }
    }

    /// One of the rule's earlier posts, or one that is made up where there are few.
    private mutating func older(than post: GeneratedPost, for rule: SimulatedRule, _ terms: [String]) -> Original {
        let kept = originals[rule.id]?.count ?? 0
        if kept > 0, random.index(below: 8) < min(kept, 6) {
            let index = random.index(below: kept)
            let growth = random.index(below: 3)
            originals[rule.id]?[index].repostCount += growth
            if let original = originals[rule.id]?[index] { return original }
        }
        var made = GeneratedPost()
        var terms = terms
        writer.write(&made, &terms, with: &random)
        let age = Int64(random.longTail(limit: 3 * 86_400)) * 1_000 + Int64(random.index(below: 60_000))
        made.id = PostClock.id(
            milliseconds: post.milliseconds - age,
            machine: random.next(),
            sequence: random.next() & 0xF
        )
        return Original(
            id: made.id,
            author: Authors.draw(with: &random),
            lang: made.lang,
            text: made.text,
            mediaKeys: made.mediaKeys,
            terms: terms,
            repostCount: random.longTail(limit: 5_000)
        )
    }

    private mutating func keep(_ post: GeneratedPost, _ terms: [String], for rule: SimulatedRule) {
        let original = Original(
            id: post.id,
            author: post.author,
            lang: post.lang,
            text: post.text,
            mediaKeys: post.mediaKeys,
            terms: terms,
            repostCount: 1 + post.repostCount
        )
        var kept = originals.removeValue(forKey: rule.id) ?? []
        if kept.count < Self.originalsKeptByRule {
            kept.append(original)
        } else {
            kept[random.index(below: kept.count)] = original
        }
        originals[rule.id] = kept
    }
}
