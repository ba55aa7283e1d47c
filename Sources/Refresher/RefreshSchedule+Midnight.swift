public import Time

extension RefreshSchedule {
    /// Reads due so soon after midnight UTC can be made so long before it.
    static let midnightReach = Duration.seconds(3_600)

    /// From when on a read that costs nothing stands for the one that is due just after midnight; nil where none can.
    ///
    /// Midnight is this machine's. From half of the wait on, because a read made too early tells little.
    ///
    /// - Parameter due: what `due` says of the post.
    public func freeFrom(_ post: PostState, _ due: (time: Timestamp?, reason: Reason)) -> Timestamp? {
        guard let time = due.time else { return nil }
        switch due.reason {
        case .step: return post.first.flatMap { freeFrom($0, to: time) }
        case .climbing: return post.last.flatMap { freeFrom($0.time, to: time) }
        // Whether a post is gone is asked after a while or not at all, and X does not bill what it does not find.
        default: return nil
        }
    }

    private func freeFrom(_ start: Timestamp, to time: Timestamp) -> Timestamp? {
        let midnight = time.startOfDay
        guard time - midnight < RefreshSchedule.midnightReach else { return nil }
        let from = max(midnight - RefreshSchedule.midnightReach, start + (time - start) / 2)
        return from < midnight ? from : nil
    }

    /// Whether a lookup just before midnight stands for a step just after it.
    func isRead(_ post: PostState, before step: Timestamp, first: Timestamp) -> Bool {
        guard let last = post.last, last.time < step.startOfDay, let from = freeFrom(first, to: step) else {
            return false
        }
        return post.isLookedUp(since: from)
    }
}
