extension PostGenerator {
    /// What a later post may repost, quote or answer.
    struct Original {
        let id: UInt64
        let author: Int
        var lang = ""
        var text: [UInt8] = []
        var mediaKeys: [String] = []
        var terms: [String] = []
        var repostCount = 0
    }

    private static let originalsKeptByRule = 64

    /// Fills in a post of the author's own.
    mutating func original(_ draft: inout Draft) {
        writer.write(&draft.post, &draft.terms, with: &random)
        draft.post.likeCount = random.happens(perMille: 60) ? random.longTail(limit: 93) : 0
        draft.post.repostCount = random.happens(perMille: 20) ? random.longTail(limit: 40) : 0
        draft.post.replyCount = random.happens(perMille: 30) ? random.longTail(limit: 12) : 0
        draft.post.quoteCount = random.happens(perMille: 6) ? random.longTail(limit: 7) : 0
        draft.post.bookmarkCount = random.happens(perMille: 10) ? random.longTail(limit: 9) : 0
        draft.post.impressionCount = random.happens(perMille: 400) ? random.longTail(limit: 400) : 0
    }

    /// Makes the post a repost of one that was there before, its count included and its own likes zero, as X does.
    mutating func repost(_ draft: inout Draft) {
        let reposted = older(than: &draft, isRepost: true)
        draft.terms = reposted.terms
        draft.post.lang = reposted.lang
        draft.post.mediaKeys = reposted.mediaKeys
        draft.post.repostCount = reposted.repostCount
        draft.post.references = [GeneratedPost.Reference(kind: .retweeted, id: reposted.id)]
        draft.post.text = writer.repostText(of: Authors.handle(reposted.author), reposted.text)
    }

    mutating func refer(_ draft: inout Draft, isReply: Bool) {
        let other = older(than: &draft, isRepost: false)
        draft.post.references = [GeneratedPost.Reference(kind: isReply ? .repliedTo : .quoted, id: other.id)]
        if isReply {
            draft.post.conversation = other.id
            draft.post.text = Array("@\(Authors.handle(other.author)) ".utf8) + draft.post.text
        }
    }

    /// One of the rule's earlier posts, or one that is made up where there are few.
    private mutating func older(than draft: inout Draft, isRepost: Bool) -> Original {
        let original = kept(&draft, isRepost: isRepost) ?? made(before: draft.post, isRepost ? draft.terms : [])
        draft.original = original
        return original
    }

    private mutating func kept(_ draft: inout Draft, isRepost: Bool) -> Original? {
        let key = draft.rule.id
        let count = originals[key]?.count ?? 0
        if count > 0 || recalled?.circumstances.contains(.hadKept) ?? false {
            draft.circumstances.insert(.hadKept)
            let place = random.index(below: 8)
            if recalled?.circumstances.contains(.tookKept) ?? (place < min(count, 6)) {
                draft.circumstances.insert(.tookKept)
                let index = random.index(below: max(count, 1))
                let growth = random.index(below: 3)
                if let recalled { return recalled.original(isRepost) }
                originals[key]?[index].repostCount += growth
                return originals[key]?[index]
            }
        }
        return nil
    }

    private mutating func made(before post: GeneratedPost, _ terms: [String]) -> Original {
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

    mutating func keep(_ draft: inout Draft) {
        if let recalled {
            if recalled.circumstances.contains(.wasFull) { _ = random.next() }
            return
        }
        let original = Original(
            id: draft.post.id,
            author: draft.post.author,
            lang: draft.post.lang,
            text: draft.post.text,
            mediaKeys: draft.post.mediaKeys,
            terms: draft.terms,
            repostCount: 1 + draft.post.repostCount
        )
        var kept = originals.removeValue(forKey: draft.rule.id) ?? []
        if kept.count < Self.originalsKeptByRule {
            kept.append(original)
        } else {
            draft.circumstances.insert(.wasFull)
            kept[random.index(below: kept.count)] = original
        }
        originals[draft.rule.id] = kept
    }
}
