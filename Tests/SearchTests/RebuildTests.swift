import JSON
import TestSupport
import Testing
import Transform

@testable import Sinks

/// Making an index anew behind its alias, in real engines.
@Suite(.needs(.opensearch, .elasticsearch), .timeLimit(.minutes(15)))
struct RebuildTests {
    private func write(_ count: Int, to index: String, of engine: Engine) throws {
        for id in 0..<count {
            try engine.ask("PUT", "/\(index)/_doc/\(id)", ["tweet_id": .string("\(id)"), "gone": .bool(id == 0)])
        }
    }

    @Test(arguments: SearchPeer.open) func theAliasMovesOnceTheNewIndexIsWhole(peer: SearchPeer) async throws {
        let engine = try await Engine(peer)
        let old = try engine.setup(digest: "00000000000000aa").prepare()
        try write(3, to: engine.alias, of: engine)
        // The reason for most rebuilds: another transform.
        let setup = engine.setup(digest: "00000000000000bb")
        let rebuild = try setup.beginRebuild()
        #expect(rebuild.previous == old.index && rebuild.index == "\(engine.alias)-000002")
        #expect(rebuild.identity == "\(peer.kind):\(rebuild.uuid)" && rebuild.identity != old.identity)
        try write(5, to: rebuild.index, of: engine)
        #expect(try engine.count(engine.alias) == 2)

        let result = try setup.finishRebuild(rebuild, documents: 5...5)
        #expect(result.documents == 5 && result.kept == [old.index] && result.target.index == rebuild.index)
        #expect(try engine.count(engine.alias) == 4)
        #expect(try engine.count(old.index) == 3)
        #expect(try setup.prepare().identity == rebuild.identity)
        #expect(refusal { _ = try engine.setup(digest: "00000000000000aa").prepare() }?.code == .refused)
    }

    @Test(arguments: SearchPeer.open) func anotherCountLeavesTheAliasAsItIs(peer: SearchPeer) async throws {
        let engine = try await Engine(peer)
        let old = try engine.setup().prepare()
        let rebuild = try engine.setup().beginRebuild()
        try write(2, to: rebuild.index, of: engine)
        for expected in [3...3, 3...9, 0...1] {
            let error = refusal { _ = try engine.setup().finishRebuild(rebuild, documents: expected) }
            #expect(error?.code == .refused)
            #expect(error?.message.contains("has 2 documents, not \(expected.lowerBound)") == true)
            #expect(error?.message.contains("DELETE \(engine.address.url)/\(rebuild.index)") == true)
        }
        #expect(try engine.setup().prepare().uuid == old.uuid)
        // The broken-off one keeps its number.
        #expect(try engine.setup().beginRebuild().index == "\(engine.alias)-000003")
    }

    @Test(arguments: SearchPeer.open) func ofTwoRebuildsTheSecondIsRefused(peer: SearchPeer) async throws {
        let engine = try await Engine(peer)
        _ = try engine.setup().prepare()
        let first = try engine.setup().beginRebuild()
        let second = try engine.setup().beginRebuild()
        _ = try engine.setup().finishRebuild(second, documents: 0...0)
        let error = refusal { _ = try engine.setup().finishRebuild(first, documents: 0...0) }
        #expect(error?.message.contains("writes to \(second.index) now") == true, "\(error?.message ?? "taken")")
        #expect(try engine.setup().prepare().uuid == second.uuid)
    }

    /// What the check before the swap cannot see, because it happens behind it, the engine itself refuses.
    @Test(arguments: SearchPeer.open) func aSwapThatComesTooLateIsRefusedAsAWhole(peer: SearchPeer) async throws {
        let engine = try await Engine(peer)
        let old = try engine.setup().prepare()
        let first = try engine.setup().beginRebuild()
        let second = try engine.setup().beginRebuild()
        _ = try engine.setup().finishRebuild(second, documents: 0...0)
        let error = refusal { try engine.setup().swap(from: [old.index], to: first.index, "the rest") }
        #expect(error?.code == .refused)
        #expect(error?.message.contains("more than one write index") == true, "\(error?.message ?? "taken")")
        #expect(try engine.setup().prepare().uuid == second.uuid)
    }
}
