import Failures
import TestSupport
import Testing
import Time

@testable import Sinks

/// An hour without the sink in simulated time, documents as numbers: what real data and a real program do without one is in
/// EndToEndTests.OutageTests.
@Suite struct HourWithoutSinkTests {
    private static let rate = 250
    private static let seconds = 3_600
    /// A full batch of posts as they are on average.
    private static let batch = (documents: 5_000, bytes: 1_700_000)

    @Test func itCostsABoundedPoolAndAProbeAMinuteAndThenEverythingIsDelivered() throws {
        var random = SeededRandom()
        var engine = DeliveryEngine()
        var now = MonotonicTime(sinceStart: .zero)
        let start = now
        var recorded = 0
        var probes: [MonotonicTime] = []
        var delivered: Set<Int> = []
        var secondsToCatchUp = 0
        func addWhatFits() {
            while recorded / Self.batch.documents > engine.added, engine.hasRoom(for: Self.batch.bytes) {
                _ = engine.add(documents: Self.batch.documents, bytes: Self.batch.bytes, now: now)
            }
        }
        for second in 0... {
            now = start + .seconds(second)
            let isDown = second < Self.seconds
            if isDown { recorded += Self.rate }
            addWhatFits()
            try #require(engine.heldBytes <= engine.limits.poolBytes, "\(random), second \(second)")
            while let call = engine.next(now: now) {
                let chance = Double.random(in: 0..<1, using: &random)
                if isDown {
                    probes.append(now)
                    _ = engine.finish(call, .failed(.network, reason: "refused"), now: now, chance: chance)
                } else {
                    #expect(delivered.insert(call.batch).inserted, "\(random): batch \(call.batch) twice")
                    let outcomes = Array(repeating: DocumentOutcome.accepted, count: call.documents.count)
                    _ = engine.finish(call, .outcomes(outcomes), now: now, chance: chance)
                    addWhatFits()
                }
            }
            if isDown { #expect(engine.accepted + engine.stale + engine.rejected == 0 && engine.settled == 0) }
            if engine.settled == Self.rate * Self.seconds / Self.batch.documents {
                secondsToCatchUp = second - Self.seconds
                break
            }
            try #require(second < 2 * Self.seconds, "\(random): not delivered an hour after the sink came back")
        }
        #expect(engine.accepted == 900_000 && engine.isIdle && engine.circuit == .closed, "\(random)")
        #expect(secondsToCatchUp <= 60, "\(random): a probe a minute finds the sink")
        // Half a minute at least between two of them in the long run, so 120 an hour, and the first, shorter waits.
        #expect((60...140).contains(probes.count), "\(random): \(probes.count) calls in an hour")
        let gaps = zip(probes, probes.dropFirst()).map { $1 - $0 }
        #expect(gaps.allSatisfy { $0 <= .seconds(61) }, "\(random): \(gaps.max() ?? .zero)")
        #expect(gaps.suffix(30).allSatisfy { $0 >= .seconds(30) }, "\(random): \(gaps.suffix(30).min() ?? .zero)")
    }
}
