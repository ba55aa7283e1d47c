public import Time

/// What really became of each post: what lookups answer from, for tests to compare with.
public struct SimulatedTruth: Sendable {
    let memory: PostMemory
    let law: PostLaw

    /// The posts that streams took so far, edits included, in their order.
    public var streamedIDs: [UInt64] { memory.ids }

    /// A post as it stands at a time; nil where no stream took it, nor any post that reposts, quotes or answers it.
    ///
    /// Its text is not made again, so totals over all posts are cheap. Asked about a time before the post's creation, it
    /// answers as for that moment; an edit is known only once the stream took it.
    public func post(_ id: UInt64, at time: Timestamp) -> SimulatedPost? {
        guard let known = memory.known(id) else { return nil }
        let first = known.history.first ?? id
        var state = state(first: first, author: known.author, at: time)
        var counts = SimulatedPost.Counts()
        if let reposted = known.repostedID {
            counts.reposts = law.counts(of: reposted, at: time).reposts
            // A repost goes with its original.
            if state == .visible, let original = memory.known(reposted) {
                state = self.state(first: original.history.first ?? reposted, author: original.author, at: time)
            }
        } else {
            counts = law.counts(of: id, at: time)
        }
        return SimulatedPost(
            id: id,
            authorID: Authors.id(known.author),
            state: state,
            counts: counts,
            editHistory: known.history.filter { $0 <= id || PostLaw.creation(of: $0) <= time },
            withheldCountries: law.withheldCountries(of: first, at: time),
            repostedID: known.repostedID
        )
    }

    private func state(first: UInt64, author: Int, at time: Timestamp) -> SimulatedPost.State {
        if let deletion = law.deletion(of: first), time >= deletion { return .deleted }
        return law.state(ofAuthor: author, at: time)
    }
}
