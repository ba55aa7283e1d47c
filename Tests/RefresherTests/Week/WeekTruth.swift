import Foundation
import Journal
import Simulator
import Testing
import Time

@testable import Refresher

/// What an index has to show after a week, told from the simulator's truth and the raw records alone.
struct WeekTruth {
    /// A row of the embedded index.
    struct Row {
        let isGone: Bool
        let observed: Timestamp
        let likes: Int?
        let category: String?
        let kind: String
    }

    /// How often each thing happened, so that a test sees that it did.
    var counts: [String: Int] = [:]
    var posts: [String: Int] = [:]
    var likes: [String: Int] = [:]

    private func rows(_ index: String) throws -> [UInt64: Row] {
        let columns = "tweet_id, gone, observed_at, likes, category, kind"
        var found: [UInt64: Row] = [:]
        for text in try RefresherTests.rows(index, "SELECT \(columns) FROM documents") {
            let parts = text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            found[try #require(UInt64(parts[0]))] = Row(
                isGone: parts[1] == "1",
                observed: Timestamp(rawValue: try #require(Int64(parts[2]))),
                likes: Int(parts[3]),
                category: parts[4] == "-" ? nil : parts[4],
                kind: parts[5]
            )
        }
        return found
    }

    /// The tag of the first rule that each post matched on the stream; the newest sighting counts.
    private func categories(_ journal: String) throws -> [UInt64: String] {
        let reader = try RecordReader(journal: Journal(directory: journal), source: .filtered)
        var found: [UInt64: String] = [:]
        while let batch = try reader.nextBatch() {
            for mark in batch.records where mark.kind == .whole {
                let json = try JSONSerialization.jsonObject(with: Data(batch.line(mark))) as? [String: Any]
                let id = (json?["data"] as? [String: Any])?["id"] as? String
                let rules = json?["matching_rules"] as? [[String: Any]]
                found[try #require(id.flatMap { UInt64($0) })] = rules?.first?["tag"] as? String ?? ""
            }
        }
        return found
    }

    /// Compares an index with the truth at each post's last read.
    init(_ week: SimulatedWeek, index: String) throws {
        let truth = try week.truth
        let rows = try rows(index)
        let categories = try categories(week.journal)
        let posts = try PostsFile(journal: week.journal, schedule: week.schedule)
        for id in truth.streamedIDs {
            let row = try #require(rows[id], "\(id) is missing")
            let moment = SimulatedWeek.moment(of: row.observed)
            let post = try #require(truth.post(id, at: moment))
            let category = try #require(categories[id])
            let state = try #require(try posts.state(of: id))
            // A repost has no likes of its own and is not read again unless that is asked for, or its original is gone.
            let isRepost = post.repostedID != nil
            let isRead = !isRepost || week.schedule.includesReposts || row.observed != state.sighted
            let original = try post.repostedID.flatMap { try posts.state(of: $0) }
            let isOriginalGone = original?.isGone == true
            #expect(isRead || !isOriginalGone, "\(id) was not asked for: \(state), \(String(describing: original))")
            if isRepost && isOriginalGone { count("repost of what is gone") }
            let isSuperseded = post.editHistory.last != id
            let isHidden = isRead && (post.state != .visible || !post.withheldCountries.isEmpty || isSuperseded)
            #expect(row.isGone == isHidden, "\(id) at \(moment.rfc3339): \(post)")
            if !isRead {
                count("unread")
            } else if isSuperseded {
                count("superseded")
            } else {
                count(isHidden && post.state == .visible ? "withheld" : "\(post.state)")
            }
            try expectItsLastRead(id, row, state, week.schedule)
            guard !isHidden else { continue }
            #expect(row.likes == post.counts.likes, "\(id) at \(moment.rfc3339)")
            #expect((row.category ?? "") == category && (row.kind == "repost") == isRepost, "\(id)")
            self.posts[category, default: 0] += 1
            likes[category, default: 0] += post.counts.likes
        }
        // Nothing but what was streamed.
        #expect(rows.count == truth.streamedIDs.count)
        let totals = try RefresherTests.rows(index, "SELECT category, count FROM totals WHERE count > 0 ORDER BY 1")
        #expect(totals == self.posts.sorted { $0.key < $1.key }.map { "\($0.key)|\($0.value)" })
        let sums = try RefresherTests.rows(
            index,
            "SELECT coalesce(category, ''), sum(likes) FROM posts GROUP BY 1 ORDER BY 1"
        )
        #expect(sums == likes.sorted { $0.key < $1.key }.map { "\($0.key)|\($0.value)" })
    }

    /// What is in the index is the last read that the schedule wanted, not merely some read.
    private mutating func expectItsLastRead(
        _ id: UInt64,
        _ row: Row,
        _ state: PostState,
        _ schedule: RefreshSchedule
    ) throws {
        let (due, reason) = schedule.due(state)
        #expect(due == nil, "\(id) is due still")
        let first = try #require(state.first)
        let last = try #require(schedule.steps.last)
        switch reason {
        case .runOut:
            let end = first + last
            let isRead = row.observed >= end || schedule.isRead(state, before: end, first: first)
            #expect(isRead, "\(id)")
        case .stopped:
            let (newest, before) = (try #require(state.last), try #require(state.before))
            #expect(newest.likes == before.likes && newest.time - before.time >= .seconds(86_400), "\(id)")
            #expect(row.observed == newest.time, "\(id)")
        case .gone: #expect(row.isGone && row.observed == state.gone, "\(id)")
        case .superseded: #expect(row.isGone, "\(id)")
        case .repost: #expect(row.observed == state.sighted || state.original != nil, "\(id)")
        default: Issue.record("\(id) ends as \(reason)")
        }
        count("\(reason)")
    }

    private mutating func count(_ what: String) { counts[what, default: 0] += 1 }
}
