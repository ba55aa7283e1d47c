import Foundation
import TestSupport
import Testing

/// Somebody does something to the index of a real engine between two replays; the same command goes on after the cure.
@Suite(.needs(.opensearch, .elasticsearch), .timeLimit(.minutes(15)))
struct IndexFaultTests {
    private static let posts = 1_500
    private static let first = 500

    /// What happens to the index, and what the program says of it with and without its setup.
    enum Fault: String, CaseIterable {
        case closed, writeBlock, readOnly, flooded, noWriteIndex, aliasGone

        var words: [String] {
            switch self {
            case .closed: ["is closed", "/_open"]
            case .writeBlock: ["takes no writes", #"{"index.blocks.write":null}"#]
            case .readOnly: ["takes no writes", #"{"index.blocks.read_only":null}"#]
            case .flooded: ["disk is full", "make room", #"{"index.blocks.read_only_allow_delete":null}"#]
            case .noWriteIndex: ["no write index", "is_write_index"]
            case .aliasGone: ["alias", "put "]
            }
        }

        func happen(to trial: SearchTrial) throws {
            let index = "\(trial.alias)-000001"
            func block(_ name: String) throws { try trial.ask("PUT", "/\(index)/_settings", "{\"\(name)\":true}") }
            switch self {
            case .closed: try trial.ask("POST", "/\(index)/_close")
            case .writeBlock: try block("index.blocks.write")
            case .readOnly: try block("index.blocks.read_only")
            case .flooded: try block("index.blocks.read_only_allow_delete")
            case .noWriteIndex:
                // Its template gives the second one our mapping.
                try trial.ask("PUT", "/\(trial.alias)-000002")
                let aliases = ["000001", "000002"].map {
                    #"{"add":{"index":"\#(trial.alias)-\#($0)","alias":"\#(trial.alias)","is_write_index":false}}"#
                }
                try trial.ask("POST", "/_aliases", #"{"actions":[\#(aliases.joined(separator: ","))]}"#)
            case .aliasGone: try trial.ask("DELETE", "/\(index)/_alias/\(trial.alias)")
            }
        }
    }

    /// The request that the program's message gives, which is what a user would copy.
    private func request(in text: String) throws -> (method: String, path: String, body: String?) {
        let match = try #require(
            text.firstMatch(
                of: /(PUT|POST) (?:http:\/\/[^\/ ]+)?(\/[^\s;,]+)(?: (\{.*\})(?:\)|$))?/.anchorsMatchLineEndings()
            ),
            "no request in \(text)"
        )
        return (String(match.1), String(match.2), match.3.map(String.init))
    }

    @Test(arguments: SearchPeer.open, Fault.allCases)
    func theSameCommandGoesOnOnceTheIndexIsCured(peer: SearchPeer, fault: Fault) async throws {
        let trial = try await SearchTrial(peer, in: TemporaryFolder())
        try trial.record(0..<Self.posts)
        let clean = try trial.cleanContent()
        for mode in [[], ["--no-setup"]] {
            let place: Comment = "\(peer.kind), \(fault), \(mode)"
            let own = SearchTrial(trial, suffix: mode.isEmpty ? "-a" : "-b")
            // Without a setup there must be an alias; the setup's own checkpoint would be another one.
            if !mode.isEmpty { #expect(try own.replay(["--limit", "1"]).status == 0) }
            let command = ["--checkpoint", own.alias] + mode
            #expect(try own.replay(command + ["--limit", "\(Self.first)"]).status == 0, place)
            let position = try own.position(own.alias)
            try #require(position != nil && position != 0, place)

            try fault.happen(to: own)
            let result = try own.replay(command)
            try own.expectFault(result, saying: fault.words, checkpoint: own.alias, at: position, place)

            // Where the program's own setup has looked it knows the whole request.
            let isCureTold = mode.isEmpty || fault != .noWriteIndex && fault != .aliasGone
            if fault == .noWriteIndex { try own.ask("DELETE", "/\(own.alias)-000002") }
            if isCureTold && fault != .noWriteIndex {
                let (method, path, body) = try request(in: result.errors)
                try own.ask(method, path, body)
            } else {
                let filter = #""filter":{"bool":{"must_not":{"term":{"gone":true}}}}"#
                try own.ask(
                    "POST",
                    "/_aliases",
                    """
                    {"actions":[{"add":{"index":"\(own.alias)-000001","alias":"\(own.alias)","is_write_index":true,\(filter)}}]}
                    """
                )
            }
            let cured = try own.replay(command)
            #expect(try own.records(cured) == Self.posts - Self.first, place)
            #expect(try own.content() == clean, place)
            #expect(try own.letters().isEmpty, place)
        }
    }

    @Test(arguments: SearchPeer.open)
    func anIndexThatWasDeletedIsMadeAnewAndFilledFromTheBeginning(peer: SearchPeer) async throws {
        let trial = try await SearchTrial(peer, in: TemporaryFolder())
        try trial.record(0..<Self.posts)
        let clean = try trial.cleanContent()
        let command = ["--checkpoint", "d"]
        #expect(try trial.replay(command + ["--limit", "\(Self.first)"]).status == 0)
        try trial.ask("DELETE", "/\(trial.alias)-000001")
        let again = try trial.replay(command)
        #expect(try trial.records(again) == Self.posts)
        #expect(again.errors.contains("was created just now, so it is filled from the beginning"), "\(again.errors)")
        #expect(try trial.content() == clean)
        #expect(try trial.records(trial.replay(command)) == 0)
    }

    @Test(arguments: SearchPeer.open)
    func withoutASetupADeletedIndexIsAFaultAndNothingMakesItBehindTheUsersBack(peer: SearchPeer) async throws {
        let trial = try await SearchTrial(peer, in: TemporaryFolder())
        try trial.record(0..<Self.posts)
        let clean = try trial.cleanContent()
        #expect(try trial.replay(["--limit", "1"]).status == 0)
        let command = ["--no-setup", "--checkpoint", "d"]
        #expect(try trial.replay(command + ["--limit", "\(Self.first)"]).status == 0)
        let position = try trial.position("d")
        try trial.ask("DELETE", "/\(trial.alias)-000001")
        let words = ["no alias '\(trial.alias)'", "start without --no-setup", "another --checkpoint"]
        for _ in 0..<2 {
            try trial.expectFault(trial.replay(command), saying: words, checkpoint: "d", at: position, "\(peer)")
        }
        #expect(throws: RunningProgram.Failure.self) { try trial.ask("GET", "/\(trial.alias)") }
        // What the message says: the same command without --no-setup, or an index by hand and another checkpoint.
        #expect(try trial.records(trial.replay(["--checkpoint", "d"])) == Self.posts)
        #expect(try trial.content() == clean)
        let other = try trial.replay(["--no-setup", "--checkpoint", "other"])
        #expect(try trial.records(other) == Self.posts)
        #expect(try trial.content() == clean)
    }
}
