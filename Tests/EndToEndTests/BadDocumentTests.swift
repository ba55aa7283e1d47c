import Foundation
import TestSupport
import Testing

/// Real engines refuse single documents because their index was made by hand, with a narrower mapping.
@Suite(.needs(.opensearch, .elasticsearch), .timeLimit(.minutes(15)))
struct BadDocumentTests {
    private static let posts = 1_500

    /// Every tenth post is liked more often than a `short` counts to, and two have more words than a keyword may have bytes.
    private func record(_ trial: SearchTrial) throws {
        try trial.record(0..<Self.posts) {
            $0.isMultiple(of: 10) ? 100_000 + $0 : $0
        } text: {
            $0 == 701 || $0 == 1_111 ? String(repeating: " canary", count: 5_000) : ""
        }
    }

    /// Makes the index and the alias by hand: Reprise's own mapping, `_meta` included, with other fields.
    private func makeByHand(_ trial: SearchTrial, _ change: (inout [String: Any]) -> Void) throws {
        let model = SearchTrial(trial, suffix: "-model")
        #expect(try model.replay(["--limit", "1"]).status == 0)
        let all =
            try JSONSerialization.jsonObject(with: model.ask("GET", "/\(model.alias)")) as? [String: [String: Any]]
        let index = try #require(all?["\(model.alias)-000001"])
        var mappings = try #require(index["mappings"] as? [String: Any])
        var fields = try #require(mappings["properties"] as? [String: Any])
        change(&fields)
        mappings["properties"] = fields
        let alias = try #require((index["aliases"] as? [String: Any])?[model.alias])
        let body = ["mappings": mappings, "aliases": [trial.alias: alias]]
        let text = String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self)
        try trial.ask("PUT", "/\(trial.alias)-000001", text)
    }

    @Test(arguments: SearchPeer.open)
    func whatIsRefusedIsKeptAndDeliveredAfterARebuild(peer: SearchPeer) async throws {
        let trial = try await SearchTrial(peer, in: TemporaryFolder())
        try record(trial)
        try makeByHand(trial) {
            $0["likes"] = ["type": "short"]
            $0["text"] = ["type": "keyword"]
        }
        let refused = Self.posts / 10 + 2

        let first = try trial.replay(["--no-setup", "--checkpoint", "b"])
        #expect(first.status == 3, "\(first.errors)")
        #expect(first.text.contains("\"rejected\":\(refused),"), "\(first.text)")
        // It is settled all the same: what is refused is kept, and not in the way.
        let second = try trial.replay(["--no-setup", "--checkpoint", "b"])
        #expect(try trial.records(second) == 0)

        let letters = try trial.letters().split(separator: "\n")
        #expect(letters.count == refused)
        #expect(letters.filter { $0.contains("failed to parse field [likes] of type [short]") }.count == refused - 2)
        // OpenSearch has the reason first, Elasticsearch the field.
        let tooLong = letters.filter {
            $0.contains(#"immense term in field=\"text\""#)
                || $0.contains("failed to parse field [text] of type [keyword]")
        }
        #expect(tooLong.count == 2)
        // Neither the words, nor their bytes, nor the number that did not fit.
        for letter in letters {
            #expect(
                !letter.contains("canary") && !letter.contains("99, 97, 110") && !letter.contains("Preview"),
                "\(letter)"
            )
            #expect(letter.contains(trial.sink), "\(letter)")
        }
        let pretty = try trial.start(["dead-letters", "list"]).wait()
        #expect(pretty.status == 0 && pretty.text.split(separator: "\n").count == refused)
        #expect(!pretty.text.contains("canary"))

        // Whoever has the setup look is told what differs; a retry before the cure is refused again, and keeps the letters.
        let told = try trial.replay([])
        #expect(told.status == 78 && told.errors.contains("field likes: short, wanted long"), "\(told.errors)")
        let retry = ["dead-letters", "retry", "--sink", trial.sink]
        let early = try trial.start(retry + ["--no-setup"]).wait()
        #expect(
            early.status == 3 && early.errors.contains("\(refused) refused again"),
            "\(early.status) \(early.errors)"
        )
        #expect(try trial.letters().split(separator: "\n").count == refused)

        let rebuild = try trial.replay(["--rebuild"])
        #expect(rebuild.status == 0 && rebuild.errors.contains("\(trial.alias)-000002"), "\(rebuild.errors)")
        let clean = try trial.cleanContent()
        #expect(try trial.content() == clean)
        let late = try trial.start(retry).wait()
        #expect(late.status == 0 && late.errors.contains("\(refused) delivered + 0 refused"), "\(late.errors)")
        #expect(try trial.letters().isEmpty)
        #expect(try trial.content() == clean)
    }

    /// A field can be added to an index, and with it the index is what the setup wants.
    @Test(arguments: SearchPeer.open)
    func withTheMissingFieldAddedARetryAloneBringsWhatIsMissing(peer: SearchPeer) async throws {
        let trial = try await SearchTrial(peer, in: TemporaryFolder())
        try trial.record(0..<Self.posts, hasLang: { $0.isMultiple(of: 7) })
        try makeByHand(trial) { $0["lang"] = nil }
        #expect(try trial.replay(["--no-setup"]).status == 3)
        let letters = try trial.letters().split(separator: "\n")
        #expect(letters.count == (Self.posts + 6) / 7)
        #expect(letters.allSatisfy { $0.contains("strict_dynamic_mapping_exception") && $0.contains("[lang]") })

        try trial.ask("PUT", "/\(trial.alias)/_mapping", #"{"properties":{"lang":{"type":"keyword"}}}"#)
        // Another sink's name has no letters; the one that they were kept under has them all, with a setup too.
        let other = try trial.start(["dead-letters", "retry", "--sink", trial.sink + "-other", "--no-setup"]).wait()
        #expect(other.status == 0 && other.errors.contains("0 letters"), "\(other.errors)")
        let retry = try trial.start(["dead-letters", "retry", "--sink", trial.sink]).wait()
        #expect(retry.status == 0 && retry.errors.contains("\(letters.count) delivered"), "\(retry.errors)")
        #expect(try trial.letters().isEmpty)
        #expect(try trial.content() == trial.cleanContent())
    }

    /// So many are the index's fault: they are kept back, not filed.
    @Test(arguments: SearchPeer.open)
    func whereMostAreRefusedNoneIsFiledAndTheSameCommandGoesOn(peer: SearchPeer) async throws {
        let trial = try await SearchTrial(peer, in: TemporaryFolder())
        try trial.record(0..<Self.posts)
        try makeByHand(trial) { $0["lang"] = nil }
        let command = ["--no-setup", "--checkpoint", "m"]
        let words = ["documents were rejected", "[lang]", "delivery pauses until that is fixed"]
        try trial.expectFault(trial.replay(command), saying: words, checkpoint: "m", at: nil, "\(peer)")
        try trial.ask("PUT", "/\(trial.alias)/_mapping", #"{"properties":{"lang":{"type":"keyword"}}}"#)
        #expect(try trial.records(trial.replay(command)) == Self.posts)
        #expect(try trial.content() == trial.cleanContent())
    }
}
