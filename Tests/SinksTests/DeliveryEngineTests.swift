import Failures
import Foundation
import TestSupport
import Testing
import Time

@testable import Sinks

/// The delivery engine against a sink that does anything: invariants after every step.
@Suite struct DeliveryEngineTests {
    private static let start = MonotonicTime(sinceStart: .seconds(1_000))

    /// What a model of the sink and of the books knows.
    private struct Model {
        var outcome: [Int: [String?]] = [:]
        var sizes: [Int: Int] = [:]
        var underWay: [DeliveryEngine.Call] = []
        var settled = 0

        func bytes(from first: Int) -> Int { sizes.filter { $0.key >= first }.values.reduce(0, +) }
    }

    /// REPRISE_TEST_STEPS sets how many steps a seed has, REPRISE_TEST_SEEDS how many seeds there are.
    @Test func noStepLosesDoublesOrSkipsADocument() throws {
        let environment = ProcessInfo.processInfo.environment
        let steps = Int(environment["REPRISE_TEST_STEPS"] ?? "") ?? 1_500
        for seed in 0..<(Int(environment["REPRISE_TEST_SEEDS"] ?? "") ?? 6) {
            var random = SeededRandom(seed: SeededRandom().seed &+ UInt64(seed))
            try run(steps: steps, &random)
        }
    }

    private func run(steps: Int, _ random: inout SeededRandom) throws {
        var limits = DeliveryLimits()
        limits.poolBytes = 50_000
        limits.recentCount = 100
        limits.recentRejectedLimit = 50
        var engine = DeliveryEngine(limits: limits)
        var model = Model()
        var now = Self.start
        // How often calls fail changes with the weather, so that the circuit opens and closes.
        var weather = 0
        for step in 0..<steps {
            if step.isMultiple(of: 200) { weather = Int.random(in: 0...3, using: &random) }
            let place: Comment = "\(random), step \(step)"
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<2:
                let documents = Int.random(in: 1...40, using: &random)
                let bytes = documents * Int.random(in: 50...900, using: &random)
                guard engine.hasRoom(for: bytes) else { continue }
                let number = engine.add(documents: documents, bytes: bytes, now: now)
                try #require(model.outcome[number] == nil, place)
                model.outcome[number] = Array(repeating: nil, count: documents)
                model.sizes[number] = bytes
            case 2..<6:
                let time = engine.nextTime()
                guard let call = engine.next(now: now) else {
                    try #require(time.map { $0 > now } ?? true, "a thread would sleep past a call; \(place)")
                    continue
                }
                try #require(time.map { $0 <= now } == true, "a call before its time; \(place)")
                try #require(!call.documents.isEmpty, place)
                for other in model.underWay where other.batch == call.batch {
                    try #require(Set(other.documents).isDisjoint(with: call.documents), place)
                }
                for document in call.documents {
                    try #require(
                        model.outcome[call.batch]?[Int(document)] == nil,
                        "sent again after it had left; \(place)"
                    )
                }
                model.underWay.append(call)
                if case .open = engine.circuit { try #require(model.underWay.count == 1, place) }
            case 6..<9:
                guard let index = model.underWay.indices.randomElement(using: &random) else { continue }
                let call = model.underWay.remove(at: index)
                finish(call, weather, &engine, &model, now, &random)
            default:
                now = now + .milliseconds(Int.random(in: 0...5_000, using: &random))
            }
            try check(engine, model, place)
            model.settled = engine.settled
        }
        try drain(&engine, &model, now, &random)
    }

    private func finish(
        _ call: DeliveryEngine.Call,
        _ weather: Int,
        _ engine: inout DeliveryEngine,
        _ model: inout Model,
        _ now: MonotonicTime,
        _ random: inout SeededRandom
    ) {
        let result: CallResult
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<weather:
            result = .failed(.rateLimited, reason: "busy", after: Bool.random(using: &random) ? .seconds(2) : nil)
        case 8 where weather > 1: result = .failed(.blocked, reason: "closed")
        case 9: result = .tooLarge
        default:
            result = .outcomes(
                call.documents.map { _ in
                    switch Int.random(in: 0..<20, using: &random) {
                    case 0: .stale
                    case 1: .retry
                    case 2..<(weather == 3 ? 16 : 3): .rejected(reason: "bad")
                    default: .accepted
                    }
                }
            )
        }
        let chance = Double.random(in: 0..<1, using: &random)
        let (accepted, stale, rejected) = (engine.accepted, engine.stale, engine.rejected)
        let rejections = engine.finish(call, result, now: now, chance: chance)
        for rejection in rejections { model.outcome[rejection.batch]?[rejection.document] = "rejected" }
        var left = (accepted: engine.accepted - accepted, stale: engine.stale - stale)
        if case .outcomes(let outcomes) = result {
            for (document, outcome) in zip(call.documents, outcomes) {
                switch outcome {
                case .accepted:
                    left.accepted -= 1
                    model.outcome[call.batch]?[Int(document)] = "accepted"
                case .stale:
                    left.stale -= 1
                    model.outcome[call.batch]?[Int(document)] = "stale"
                default: continue
                }
            }
        }
        #expect(left == (0, 0) && engine.rejected - rejected == rejections.count, "\(random)")
    }

    private func check(_ engine: DeliveryEngine, _ model: Model, _ place: Comment) throws {
        let all = model.outcome.values.joined()
        try #require(engine.accepted == all.count { $0 == "accepted" }, place)
        try #require(engine.stale == all.count { $0 == "stale" }, place)
        try #require(engine.rejected == all.count { $0 == "rejected" }, place)
        try #require(engine.inFlight == model.underWay.count && engine.inFlight <= engine.limits.calls, place)
        try #require((1...engine.limits.calls).contains(engine.window), place)
        try #require(engine.settled >= model.settled && engine.added == model.outcome.count, place)
        for number in model.settled..<engine.settled {
            try #require(
                model.outcome[number]?.allSatisfy { $0 != nil } == true,
                "batch \(number) settled too soon; \(place)"
            )
        }
        if engine.settled < engine.added {
            try #require(model.outcome[engine.settled]?.contains { $0 == nil } == true, "not settled; \(place)")
        }
        try #require((engine.unansweredSince == nil) == engine.isIdle, place)
        try #require(engine.heldBytes == model.bytes(from: engine.settled), place)
    }

    /// When the sink takes everything again, everything is settled in the end.
    private func drain(
        _ engine: inout DeliveryEngine,
        _ model: inout Model,
        _ start: MonotonicTime,
        _ random: inout SeededRandom
    ) throws {
        var now = start
        var steps = 0
        while !engine.isIdle {
            steps += 1
            try #require(steps < 100_000, "\(random): it does not come to an end")
            if let call = engine.next(now: now) { model.underWay.append(call) }
            if let call = model.underWay.popLast() {
                _ = engine.finish(call, .outcomes(call.documents.map { _ in .accepted }), now: now, chance: 0.5)
            } else {
                now = try #require(engine.nextTime(), "\(random): nothing to wait for")
            }
        }
        #expect(engine.accepted + engine.stale + engine.rejected == model.outcome.values.joined().count)
    }

    @Test func pushBackHalvesTheWindowAndSuccessGrowsItBack() throws {
        var engine = DeliveryEngine()
        for _ in 0..<40 { _ = engine.add(documents: 1, bytes: 1, now: Self.start) }
        let now = Self.start
        let calls = (0..<4).compactMap { _ in engine.next(now: now) }
        #expect(calls.count == 4 && engine.next(now: now) == nil)
        _ = engine.finish(calls[0], .failed(.rateLimited, reason: "429", after: .seconds(3)), now: now, chance: 0)
        #expect(engine.window == 2)
        for call in calls[1...] { _ = engine.finish(call, .outcomes([.accepted]), now: now, chance: 0) }
        #expect(engine.window == 3)
        // What was pushed back waits as long as the sink said.
        #expect(engine.settled == 0)
        var batches: Set<Int> = []
        for _ in 0..<30 {
            guard let call = engine.next(now: now + .milliseconds(2_999)) else { break }
            batches.insert(call.batch)
            _ = engine.finish(call, .outcomes([.accepted]), now: now, chance: 0)
        }
        #expect(!batches.contains(0) && engine.window == 4)
        #expect(engine.next(now: now + .seconds(3))?.batch == 0)
    }

    @Test func aFaultStopsEverythingAndOneProbeFindsTheCure() throws {
        var engine = DeliveryEngine()
        for _ in 0..<6 { _ = engine.add(documents: 2, bytes: 1, now: Self.start) }
        var now = Self.start
        let calls = (0..<4).compactMap { _ in engine.next(now: now) }
        _ = engine.finish(calls[0], .failed(.blocked, reason: "the index is closed"), now: now, chance: 0)
        #expect(engine.circuit == .open(reason: "the index is closed", cause: .blocked))
        #expect(engine.next(now: now + .seconds(100)) == nil)
        for call in calls[1...] {
            _ = engine.finish(call, .failed(.blocked, reason: "the index is closed"), now: now, chance: 0)
        }
        #expect(engine.next(now: now) == nil)
        now = try #require(engine.nextTime())
        let due = engine.next(now: now)
        let probe = try #require(due)
        #expect(probe.isProbe && probe.batch == 0 && engine.next(now: now) == nil)
        _ = engine.finish(probe, .outcomes([.accepted, .accepted]), now: now, chance: 0)
        #expect(engine.circuit == .closed && engine.settled == 1 && engine.rejected == 0)
    }

    /// What gives up after a time without an answer counts from here.
    @Test func theTimeWithoutAnAnswerCountsFromTheLastOneOrTheFirstBatch() throws {
        var engine = DeliveryEngine()
        #expect(engine.unansweredSince == nil)
        for _ in 0..<3 { _ = engine.add(documents: 2, bytes: 1, now: Self.start) }
        var now = Self.start + .seconds(5)
        func finish(_ result: CallResult) throws {
            // Longer than the first wait before a retry or a probe.
            now = now + .seconds(10)
            let call = engine.next(now: now)
            now = now + .seconds(10)
            _ = engine.finish(try #require(call), result, now: now, chance: 0)
        }
        // No call has failed, and none was answered.
        #expect(engine.unansweredSince == Self.start && engine.lastFailure == nil)
        try finish(.failed(.network, reason: "down"))
        try finish(.failed(.blocked, reason: "closed"))
        #expect(engine.unansweredSince == Self.start && engine.lastFailure?.reason == "closed")
        // One document taken is an answer.
        try finish(.outcomes([.accepted, .retry]))
        #expect(engine.unansweredSince == now && engine.lastFailure == nil)
        let answered = now
        try finish(.outcomes([.retry]))
        #expect(engine.unansweredSince == answered && engine.lastFailure?.cause == .rateLimited)
        // So is that a call was too large: it is halved.
        try finish(.tooLarge)
        #expect(engine.unansweredSince == now)
        while !engine.isIdle {
            now = now + .seconds(1)
            while let call = engine.next(now: now) {
                _ = engine.finish(call, .outcomes(call.documents.map { _ in .stale }), now: now, chance: 0)
            }
        }
        #expect(engine.unansweredSince == nil)
        // While nothing is to be sent no time is counted.
        _ = engine.add(documents: 1, bytes: 1, now: now + .seconds(3_600))
        #expect(engine.unansweredSince == now + .seconds(3_600))
    }

    @Test func whenItEndsWhatIsReadyIsStillSentAndNothingIsProbed() throws {
        var engine = DeliveryEngine()
        for _ in 0..<3 { _ = engine.add(documents: 1, bytes: 1, now: Self.start) }
        let first = engine.next(now: Self.start)
        engine.end()
        _ = engine.finish(try #require(first), .failed(.rateLimited, reason: "429"), now: Self.start, chance: 0)
        #expect(engine.isBusy(now: Self.start))
        let second = engine.next(now: Self.start)
        _ = engine.finish(try #require(second), .failed(.blocked, reason: "closed"), now: Self.start, chance: 0)
        let later = Self.start + .seconds(3_600)
        #expect(!engine.isBusy(now: later) && engine.next(now: later) == nil && engine.nextTime() == nil)
        #expect(engine.settled == 0 && !engine.isIdle)
    }

    @Test func aProbeThatIsPushedBackDocumentByDocumentIsNotRepeatedAtOnce() throws {
        var engine = DeliveryEngine()
        _ = engine.add(documents: 2, bytes: 1, now: Self.start)
        var now = Self.start
        let first = engine.next(now: now)
        _ = engine.finish(try #require(first), .failed(.blocked, reason: "down"), now: now, chance: 0)
        for outcome in [DocumentOutcome.retry, .accepted] {
            now = try #require(engine.nextTime())
            let probe = engine.next(now: now)
            _ = engine.finish(try #require(probe), .outcomes([.retry, outcome]), now: now, chance: 0)
            #expect(engine.next(now: now) == nil)
            #expect(try #require(engine.nextTime()) > now)
        }
        // A part is a success: the rest is no probe.
        #expect(engine.circuit == .closed)
        now = try #require(engine.nextTime())
        #expect(engine.next(now: now)?.isProbe == false)
    }

    @Test func whenMostAreRefusedNothingMoreIsFiled() throws {
        var engine = DeliveryEngine()
        _ = engine.add(documents: 400, bytes: 1, now: Self.start)
        _ = engine.add(documents: 400, bytes: 1, now: Self.start)
        let refused = Array(repeating: DocumentOutcome.rejected(reason: "strict"), count: 400)
        for index in 0..<2 {
            let next = engine.next(now: Self.start)
            let call = try #require(next)
            let filed = engine.finish(call, .outcomes(refused), now: Self.start, chance: 0)
            #expect(filed.count == (index == 0 ? 400 : 0))
        }
        guard case .open(let reason, cause: .foreignTarget) = engine.circuit else {
            Issue.record("\(engine.circuit)")
            return
        }
        #expect(reason.contains("documents were rejected (strict)") && engine.lastFailure?.reason == reason)
        #expect(engine.settled == 1)
    }

    @Test func aCallThatIsTooLargeIsHalvedDownToTheDocumentItself() throws {
        var engine = DeliveryEngine()
        _ = engine.add(documents: 8, bytes: 1, now: Self.start)
        var filed: [Rejection] = []
        var sizes: [Int] = []
        while let call = engine.next(now: Self.start) {
            sizes.append(call.documents.count)
            let isTooLarge = call.documents.contains(5)
            let result = isTooLarge ? CallResult.tooLarge : .outcomes(call.documents.map { _ in .accepted })
            filed += engine.finish(call, result, now: Self.start, chance: 0)
        }
        #expect(filed.map(\.document) == [5] && engine.accepted == 7 && engine.isIdle)
        #expect(sizes == [8, 4, 4, 2, 1, 1, 2])
    }
}
