import Foundation
import Journal
import SQLite
import TestSupport
import Testing

/// A journal, the program, and an alias of a test's own in a real engine.
final class SearchTrial {
    let folder: TemporaryFolder
    let url: String
    let alias: String
    /// `--sink`, as the user of the tests' programs writes it.
    var sink: String { "\(kind):\(url)/\(alias)" }
    private let kind: String
    private let isSecured: Bool
    private let curlPath: String

    init(_ peer: SearchPeer, in folder: TemporaryFolder) async throws {
        self.folder = folder
        kind = peer.kind
        isSecured = peer == .securedElasticsearch
        url = try await peer.url()
        alias = "f\(UUID().uuidString.lowercased().prefix(8))"
        curlPath = try Surroundings.path(.tool("curl"))
    }

    /// A scripted server in place of Elasticsearch.
    init(url: String, in folder: TemporaryFolder) throws {
        (self.folder, self.url, kind, isSecured) = (folder, url, "elasticsearch", false)
        alias = "posts"
        curlPath = try Surroundings.path(.tool("curl"))
    }

    /// Another alias of the same engine and journal.
    init(_ other: SearchTrial, suffix: String) {
        (folder, kind, url, curlPath) = (other.folder, other.kind, other.url, other.curlPath)
        (alias, isSecured) = (other.alias + suffix, other.isSecured)
    }

    /// Adds posts to the journal: every third one is a new sighting of an older post, with more likes.
    ///
    /// - Returns: where the journal ends then.
    @discardableResult
    func record(
        _ numbers: Range<Int>,
        likes: (Int) -> Int = { $0 },
        text: (Int) -> String = { _ in "" },
        hasLang: (Int) -> Bool = { _ in true }
    ) throws -> Int64 {
        let writer = try JournalWriter(directory: folder.path + "/journal", source: .filtered)
        for number in numbers {
            let id = number.isMultiple(of: 3) ? number / 3 : number
            let line = """
                {"data":{"id":"\(id)","text":"canary \(id) \\u00e9\(text(number))",\(hasLang(number) ? #""lang":"en","# : "")"created_at":"2026-11-24T12:00:00.000Z",\
                "public_metrics":{"retweet_count":0,"reply_count":1,"like_count":\(likes(number)),"quote_count":0}},\
                "matching_rules":[{"id":"1","tag":"cats"}]}\r\n
                """
            try Array(line.utf8).withUnsafeBytes { try writer.append($0) }
        }
        let end = writer.endOffset
        try writer.close()
        return Int64(end.rawValue)
    }

    /// Starts the program on the journal, as the engine's user where it has any.
    func start(_ words: [String], environment: [String: String] = [:]) throws -> RunningProgram {
        let known = ["REPRISE_SEARCH_USERNAME": "elastic", "REPRISE_SEARCH_PASSWORD": SearchPeer.password]
        return try RunningProgram(
            Surroundings.reprise(),
            words + ["--journal", folder.path + "/journal"],
            in: folder,
            environment: (isSecured ? known : [:]).merging(environment) { $1 }
        )
    }

    func replay(_ words: [String], environment: [String: String] = [:]) throws -> RunningProgram.Result {
        try start(["replay", "--sink", sink, "--json"] + words, environment: environment).wait(seconds: 120)
    }

    /// Records that a replay read, where it ended well.
    func records(_ result: RunningProgram.Result) throws -> Int? {
        guard result.status == 0 else { throw RunningProgram.Failure(description: result.errors) }
        let books = try JSONSerialization.jsonObject(with: result.output) as? [String: Any]
        return books?["records"] as? Int
    }

    /// Asks the engine; an answer that is no success is an error with its text.
    @discardableResult
    func ask(_ method: String, _ path: String, _ body: String? = nil) throws -> Data {
        let user = isSecured ? ["-u", "elastic:\(SearchPeer.password)"] : []
        let content = body.map { ["-H", "Content-Type: application/json", "-d", $0] } ?? []
        return try output(
            of: curlPath,
            ["-sS", "--fail-with-body", "-m", "60", "-X", method, url + path] + user + content,
            in: folder
        )
    }

    /// Everything that the alias shows, with versions, in order of ids.
    func content() throws -> Data {
        try ask("POST", "/\(alias)/_refresh")
        let fields = "hits.total.value,hits.hits._id,hits.hits._version,hits.hits._source"
        return try ask("GET", "/\(alias)/_search?size=10000&sort=tweet_id&version=true&filter_path=\(fields)")
    }

    /// What a replay into an alias that nothing happens to leaves there.
    func cleanContent() throws -> Data {
        let clean = SearchTrial(self, suffix: "-clean")
        #expect(try clean.replay([]).status == 0)
        return try clean.content()
    }

    /// The dead letters as JSON, a line each.
    func letters() throws -> String {
        let result = try start(["dead-letters", "list", "--json"]).wait()
        guard result.status == 0 else { throw RunningProgram.Failure(description: result.errors) }
        return result.text
    }

    /// Where a checkpoint stands; nil where it has not been saved.
    func position(_ checkpoint: String) throws -> Int64? {
        let state = try Connection(path: folder.path + "/journal/state.sqlite", mode: .readOnly)
        let select = try state.prepare("SELECT at_offset FROM positions WHERE checkpoint = ?")
        try select.bind(checkpoint, at: 0)
        return try select.step() ? select.int64(0) : nil
    }

    /// Checks a replay that was to end because of a fault: it says so, files nothing, and its checkpoint stays.
    func expectFault(
        _ result: RunningProgram.Result,
        saying words: [String],
        checkpoint: String,
        at position: Int64?,
        _ place: Comment
    ) throws {
        #expect(result.status == 75, "\(place): \(result.status) \(result.errors)")
        for word in words { #expect(result.errors.contains(word), "\(place): '\(word)' in \(result.errors)") }
        #expect(try letters().isEmpty, place)
        #expect(try self.position(checkpoint) == position, place)
    }
}
