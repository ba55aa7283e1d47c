import Foundation
import TestSupport
import Testing

/// Something happens to the index of a real engine while `replay --follow` delivers to it.
@Suite(.needs(.opensearch, .elasticsearch), .timeLimit(.minutes(15)))
struct FollowerFaultTests {
    private func count(_ trial: SearchTrial) throws -> Int {
        let json = try JSONSerialization.jsonObject(with: trial.content()) as? [String: [String: Any]]
        let total = json?["hits"]?["total"] as? [String: Int]
        return total?["value"] ?? 0
    }

    private func follow(_ trial: SearchTrial) throws -> RunningProgram {
        try trial.start(["replay", "--follow", "--checkpoint", "f", "--sink", trial.sink])
    }

    private func times(_ text: String, in program: RunningProgram) throws -> Int {
        try program.errors.components(separatedBy: text).count - 1
    }

    @Test(arguments: SearchPeer.open)
    func aClosedIndexIsSaidOnceWaitedForAndNothingIsLost(peer: SearchPeer) async throws {
        let trial = try await SearchTrial(peer, in: TemporaryFolder())
        let end = try trial.record(0..<400)
        let follower = try follow(trial)
        _ = try until("the first documents; \(follower.errors)", seconds: 60) {
            try follower.errors.isEmpty && (try? count(trial)) ?? 0 > 0 ? true : nil
        }
        try trial.ask("POST", "/\(trial.alias)-000001/_close")
        // More than the follower holds in memory, so that it waits in the middle of reading.
        try trial.record(400..<800) {
            $0
        } text: { _ in
            String(repeating: " word", count: 8_000)
        }
        _ = try until("the fault is told; \(follower.errors)") { try times("is closed", in: follower) > 0 ? true : nil }
        try trial.record(800..<1_200)
        // Several tries, which are half a second and more apart by then.
        sleepMilliseconds(2_500)
        let told = try follower.errors
        #expect(told.components(separatedBy: "takes nothing").count == 2, "\(told)")
        #expect(try trial.position("f") ?? 0 <= end)

        try trial.ask("POST", "/\(trial.alias)-000001/_open")
        _ = try until("it goes on; \(follower.errors)", seconds: 120) {
            try times("takes documents again", in: follower) == 1 ? true : nil
        }
        follower.send(SIGTERM)
        let result = try follower.wait()
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.components(separatedBy: "takes nothing").count == 2, "\(result.errors)")
        // It may have been stopped before it had read everything.
        #expect(try trial.replay(["--checkpoint", "f"]).status == 0)
        #expect(try trial.content() == trial.cleanContent())
        #expect(try trial.letters().isEmpty)
    }

    @Test(arguments: SearchPeer.open)
    func anIndexThatIsDeletedMeanwhileIsFilledFromTheBeginningByTheNextStart(peer: SearchPeer) async throws {
        let trial = try await SearchTrial(peer, in: TemporaryFolder())
        try trial.record(0..<400)
        let follower = try follow(trial)
        _ = try until("the first documents; \(follower.errors)", seconds: 60) {
            try follower.errors.isEmpty && (try? count(trial)) ?? 0 > 0 ? true : nil
        }
        try trial.ask("DELETE", "/\(trial.alias)-000001")
        try trial.record(400..<800)
        _ = try until("the fault is told; \(follower.errors)") { try times("no alias", in: follower) > 0 ? true : nil }
        follower.send(SIGTERM)
        let stopped = try follower.wait()
        #expect(stopped.status == 75, "\(stopped.errors)")
        #expect(try trial.letters().isEmpty)
        #expect(try trial.records(trial.replay(["--checkpoint", "f"])) == 800)
        #expect(try trial.content() == trial.cleanContent())
    }
}
