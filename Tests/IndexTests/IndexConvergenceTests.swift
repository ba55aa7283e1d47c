import SQLite
import TestSupport
import Testing
import Time

@testable import Index
@testable import Transform

/// Any order and any repetition of the same documents gives the same index, and its counts are what counting gives.
@Suite struct IndexConvergenceTests {
    private static let tables = ["documents", "minutes", "totals", "newest", "observations", "observed"]

    /// Posts that are seen again, change their category or minute, vanish and come back.
    private func documents(_ random: inout SeededRandom) -> [Sketch] {
        let categories = ["cats with images", "dogs with images", #"c\u0061ts with videos"#, "", nil]
        var documents: [Sketch] = []
        for version in 1...160 as ClosedRange<UInt64> {
            let id = String(Int.random(in: 1...40, using: &random))
            let origin = DocumentClass(rawValue: .random(in: 1...3, using: &random)) ?? .stream
            let isGone = origin == .tombstone
            documents.append(
                Sketch(
                    id: id,
                    // Half a minute apart, so that observations fall into many minutes.
                    version: version * 30_000_000 * 4 + origin.rawValue,
                    origin: origin,
                    category: isGone ? nil : categories.randomElement(using: &random) ?? nil,
                    minute: isGone || Int.random(in: 0..<10, using: &random) == 0
                        ? nil : .random(in: -3...3, using: &random),
                    text: isGone ? nil : "post \(version)",
                    likes: isGone || version % 9 == 0 ? nil : .random(in: 0...100, using: &random)
                )
            )
        }
        return documents
    }

    private func fill(_ path: String, _ documents: [Sketch], _ random: inout SeededRandom) throws -> IndexCounts {
        let index = try IndexWriter(path: path, transformDigest: "d")
        var counts = IndexCounts()
        var rest = documents[...]
        while !rest.isEmpty {
            let batch = rest.prefix(.random(in: 1...50, using: &random))
            rest = rest.dropFirst(batch.count)
            let result = try index.apply(DocumentBatch(batch))
            #expect(result.accepted + result.stale == batch.count)
            counts.accepted += result.accepted
            counts.stale += result.stale
        }
        try index.close()
        return counts
    }

    private func rows(_ connection: Connection, _ sql: String) throws -> [[String?]] {
        let statement = try connection.prepare(sql)
        var rows: [[String?]] = []
        while try statement.step() { rows.append((0..<statement.columnCount).map { statement.string($0) }) }
        return rows
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func anyOrderAndRepetitionGivesEqualContent(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        var random = SeededRandom(seed: seed)
        let documents = documents(&random)
        var contents: [[[[String?]]]] = []
        for run in 0..<4 {
            var delivery = documents
            if run > 0 {
                delivery += documents.shuffled(using: &random).prefix(100)
                delivery.shuffle(using: &random)
            }
            let path = "\(folder.path)/\(run).sqlite"
            _ = try fill(path, delivery, &random)
            let connection = try Connection(path: path, mode: .readOnly)
            contents.append(try Self.tables.map { try rows(connection, "SELECT * FROM \($0) ORDER BY 1, 2") })

            let minutes = try rows(
                connection,
                """
                SELECT cast(floor(timestamp / 60000.0) AS INTEGER), ifnull(category, ''), count(*) FROM posts
                WHERE timestamp IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
                """
            )
            let totals = try rows(
                connection,
                "SELECT ifnull(category, ''), count(*), ifnull(sum(likes), 0), count(likes) FROM posts "
                    + "GROUP BY 1 ORDER BY 1"
            )
            let observed = try rows(
                connection,
                "SELECT observed_at / 60000000, count(*) FROM posts WHERE likes IS NOT NULL GROUP BY 1 ORDER BY 1"
            )
            #expect(contents[run][1] == minutes, "minutes, seed \(seed), run \(run)")
            #expect(contents[run][2] == totals, "totals, seed \(seed), run \(run)")
            #expect(contents[run][5] == observed, "observed, seed \(seed), run \(run)")
            #expect(contents[run] == contents[0], "seed \(seed), run \(run)")
        }
        // The same by hand: the newest document of each post, gone ones hidden.
        let newest = Dictionary(grouping: documents, by: \.id).compactMapValues { $0.max { $0.version < $1.version } }
        #expect(contents[0][0].count == newest.count)
        let visible = contents[0][2].compactMap { $0[1].flatMap { Int($0) } }.reduce(0, +)
        #expect(visible == newest.values.count { $0.origin != .tombstone })
        let likes = contents[0][2].compactMap { $0[2].flatMap { Int64($0) } }.reduce(0, +)
        #expect(likes == newest.values.reduce(0) { $0 + ($1.likes ?? 0) })
        let observations = contents[0][4].map { "\($0[0] ?? "") \($0[1] ?? "") \($0[3] ?? "")" }
        let counted = documents.filter { $0.likes != nil }.map { "\($0.id) \($0.version) \($0.likes ?? 0)" }
        #expect(Set(observations) == Set(counted) && observations.count == counted.count)
    }

    @Test func acceptedAndStaleAddUpExactly() throws {
        let folder = try TemporaryFolder()
        var random = SeededRandom(seed: 7)
        let documents = documents(&random)
        let inOrder = try fill("\(folder.path)/a.sqlite", documents, &random)
        #expect(inOrder.accepted == documents.count)
        let backwards = try fill("\(folder.path)/b.sqlite", documents.reversed(), &random)
        #expect(backwards.accepted == Set(documents.map(\.id)).count)
        #expect(backwards.stale == documents.count - backwards.accepted)
    }
}
