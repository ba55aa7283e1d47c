import Foundation
import Journal
import TestSupport
import Testing

/// What makes no sense, or would cost something, is refused before anything is touched; what a summary says is what is there.
@Suite(.timeLimit(.minutes(20)))
struct ReplaySenseTests {
    private let folder: TemporaryFolder
    private var journal: String { folder.path + "/journal" }

    init() throws {
        folder = try TemporaryFolder()
        let writer = try JournalWriter(directory: folder.path + "/journal", source: .filtered)
        for id in 2...21 {
            // Each is an edited post, so that it gives two documents, one of which says that the older version is gone.
            let line = """
                {"data":{"id":"\(id * 10)","edit_history_tweet_ids":["\(id * 10 - 1)","\(id * 10)"],"text":"post",\
                "public_metrics":{"retweet_count":0,"reply_count":1,"like_count":0,"quote_count":0}},\
                "matching_rules":[{"id":"1","tag":"cats"}]}\r\n
                """
            try Array(line.utf8).withUnsafeBytes { try writer.append($0) }
        }
        try writer.close()
    }

    private func reprise(_ words: [String], environment: [String: String] = [:]) throws -> RunningProgram.Result {
        try RunningProgram(Surroundings.reprise(), words, in: folder, environment: environment).wait()
    }

    private func replay(_ words: [String]) throws -> RunningProgram.Result {
        try reprise(["replay", "--journal", journal] + words)
    }

    @Test(arguments: [
        "ndjson:journal/filtered/0000000001.zst", "ndjson:journal/filtered/tail", "ndjson:journal/filtered/new",
        "ndjson:journal/state.sqlite", "sqlite:journal/catalog.sqlite", "sqlite:journal/posts.sqlite-wal",
        "ndjson:journal/lookup", "sqlite:link/catalog.sqlite", "ndjson:journal/index.sqlite",
    ])
    func aSinkThatIsAFileOfTheJournalIsRefused(sink: String) throws {
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/link", withDestinationPath: journal)
        let before = try content()
        let result = try replay(["--sink", sink])
        #expect(result.status == 64 && result.errors.contains("of the journal"), "\(result.status) \(result.errors)")
        #expect(try content() == before)
    }

    /// A hard link is a segment too, and another journal's files are as dear as this one's.
    @Test(arguments: ["linked.ndjson", "other/filtered/0000000001.zst", "other/filtered/new", "other/catalog.sqlite"])
    func aSinkThatIsAFileOfAnyJournalIsRefused(name: String) throws {
        let segment = try #require(
            FileManager.default.contentsOfDirectory(atPath: journal + "/filtered").first { $0.hasPrefix("0") }
        )
        try FileManager.default.linkItem(
            atPath: "\(journal)/filtered/\(segment)",
            toPath: folder.path + "/linked.ndjson"
        )
        try FileManager.default.copyItem(atPath: journal, toPath: folder.path + "/other")
        let before = try content()
        for kind in ["ndjson", "sqlite"] {
            let result = try replay(["--sink", "\(kind):\(name)"])
            #expect(result.status == 64 && result.errors.contains("of a journal"), "\(result.status) \(result.errors)")
        }
        #expect(try content() == before)
    }

    /// All files of the journal but SQLite's, which are made when they are first looked for.
    private func content() throws -> [String: Data] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: journal).filter { !$0.contains(".sqlite") }
        return names.reduce(into: [:]) { $0[$1] = FileManager.default.contents(atPath: journal + "/" + $1) }
    }

    @Test func aSinkBesideTheJournalsFilesIsTaken() throws {
        #expect(
            try replay(["--sink", "sqlite:journal/index.sqlite", "--sink", "ndjson:journal/out.ndjson"]).status == 0
        )
    }

    @Test func deletionsAreLinesOrAreCountedAsSkipped() throws {
        let whole = try replay(["--sink", "ndjson:all.ndjson", "--json"])
        #expect(whole.text.contains(#""accepted":40"#) && whole.text.contains(#""skipped":0"#), "\(whole.text)")
        let lines = try String(contentsOfFile: folder.path + "/all.ndjson", encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 40)
        let gone = lines.filter { $0.contains(#""gone":true,"version":"#) }
        #expect(gone.count == 20 && gone.allSatisfy { $0.hasPrefix(#"{"tweet_id":""#) })
        let some = try replay(["--sink", "ndjson:some.ndjson", "--skip-deletions"])
        #expect(some.errors.contains("20 accepted + 0 stale + 0 rejected + 20 skipped"), "\(some.errors)")
        #expect(
            try String(contentsOfFile: folder.path + "/some.ndjson", encoding: .utf8).split(separator: "\n").count == 20
        )
    }

    @Test(arguments: [1, 2, 3, 39, 40, 41]) func aLimitIsThatManyDocuments(limit: Int) throws {
        let result = try replay(["--limit", "\(limit)"])
        #expect(result.text.split(separator: "\n").count == min(limit, 40))
    }

    @Test(arguments: [
        (["--from", "2026-11-08", "--to", "2026-11-01"], "not before --to"),
        (["--from", "-1h", "--to", "-2h"], "not before --to"),
        (["--from", "filtered:200", "--to", "filtered:100"], "not before --to"),
        (["--to", "filtered:0"], "not before --to"),
        (["--from", "2999-01-01"], "nothing was recorded at or after --from; the newest arrived at 20"),
        (["--from", "filtered:999999"], "nothing was recorded at or after --from"),
        (["--from", "yesterday"], "2026-11-24T08:33:00Z"),
    ])
    func aRangeThatHoldsNothingLeavesTheOutputAlone(range: [String], text: String) throws {
        try "kept\n".write(toFile: folder.path + "/out", atomically: true, encoding: .utf8)
        let result = try replay(["--sink", "ndjson:out"] + range)
        #expect(result.status == 64 && result.errors.contains(text), "\(result.status) \(result.errors)")
        #expect(try String(contentsOfFile: folder.path + "/out", encoding: .utf8) == "kept\n")
        let cat = try reprise(["journal", "cat", "--journal", journal] + range)
        #expect(cat.status == 64 && cat.output.isEmpty, "\(cat.status) \(cat.errors)")
    }

    @Test func aFileInPlaceOfTheJournalIsNamed() throws {
        try "x".write(toFile: folder.path + "/file", atomically: true, encoding: .utf8)
        let environment = ["X_API_URL": "http://127.0.0.1:9", "BEARER_TOKEN": "any"]
        for words in [["replay"], ["journal", "info"], ["record", "--once"]] {
            for path in ["file", "file/below"] where words[0] == "record" || path == "file" {
                let result = try reprise(words + ["--journal", path], environment: environment)
                #expect(result.status != 0 && result.errors.contains("file is a file"), "\(words): \(result.errors)")
            }
        }
    }

    @Test func withLookupsBesideTheStreamsRecordsAreShown() throws {
        for source in [SourceName.lookup, .ledger] {
            let writer = try JournalWriter(directory: journal, source: source)
            try Array("{}\r\n".utf8).withUnsafeBytes { try writer.append($0) }
            try writer.close()
        }
        let result = try reprise(["journal", "cat", "--journal", journal, "--times"])
        #expect(result.status == 0 && result.output.filter { $0 == 10 }.count == 20, "\(result.errors)")
    }
}
