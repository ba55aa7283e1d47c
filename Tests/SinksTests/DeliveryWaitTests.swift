import Failures
import Lifecycle
import Synchronization
import TestSupport
import Testing
import Time
import Transform

@testable import Sinks

/// Waiting for a sink that takes nothing ends when it should: by giving up, by a shutdown, at once where nothing is under way.
///
/// Upper bounds are generous, for a machine that is busy with other tests; what is waited for lasts minutes.
@Suite(.timeLimit(.minutes(20))) struct DeliveryWaitTests {
    private static let soon = Duration.seconds(1)

    private func deliver(
        to sink: any RemoteSink,
        limits: DeliveryLimits = .init(),
        patience: DeliveryPatience,
        clock: MonotonicClock = .system
    ) throws -> ConcurrentDelivery {
        let delivery = try ConcurrentDelivery(sink, limits: limits, patience: patience, clock: clock, seed: 1)
        _ = try delivery.deliver(ReplyJudge().batch)
        return delivery
    }

    /// Requests the shutdown later, from a thread.
    private func shutdown(_ delivery: ConcurrentDelivery, after milliseconds: Int = 200) -> ShutdownSignal {
        let shutdown = ShutdownSignal()
        delivery.endWaits(on: shutdown)
        _ = startThread {
            sleepMilliseconds(milliseconds)
            shutdown.request()
        }
        return shutdown
    }

    @Test func aCallThatIsNeverAnsweredIsGivenUpInTime() throws {
        let server = SilentServer()
        let address = try SearchAddress(.elasticsearch, "\(server.url)/posts")
        let sink = SearchSink(address, .init(), identity: "elasticsearch:test")
        let delivery = try deliver(to: sink, patience: .givingUp(after: .seconds(1)))
        let (elapsed, error) = timed { try delivery.finish() }
        #expect(error?.code == .unavailable && error?.cause == .network, "\(String(describing: error))")
        #expect(error?.message.contains("no answer; given up after 1 s") == true, "\(String(describing: error))")
        #expect(elapsed > .milliseconds(900) && elapsed < .seconds(4), "\(elapsed)")
        let closing = timed { try delivery.close() }
        #expect(closing.elapsed < Self.soon && closing.error == nil, "\(closing)")
    }

    @Test func aNameThatIsNotResolvedIsTriedUntilItIsGivenUp() throws {
        let address = try SearchAddress(.opensearch, "http://nothing.invalid:9200/posts")
        let sink = SearchSink(address, .init(), identity: "opensearch:test")
        let delivery = try deliver(to: sink, patience: .givingUp(after: .seconds(1)))
        let (elapsed, error) = timed { try delivery.finish() }
        try delivery.close()
        #expect(error?.code == .unavailable && error?.message.contains("given up after 1 s") == true)
        #expect(elapsed > .milliseconds(900) && elapsed < .seconds(10), "\(elapsed)")
    }

    @Test(arguments: [FailureCause.credentials, .certificate, .missingTarget])
    func aFailureThatNeedsAnOperatorEndsABoundedDeliveryAtOnce(cause: FailureCause) throws {
        let sink = FakeSink { _, _ in .failed(cause, reason: "fix it") }
        let delivery = try deliver(to: sink, patience: .givingUp(after: .seconds(300)))
        let (elapsed, error) = timed { try delivery.finish() }
        try delivery.close()
        #expect(error?.message == "fake:sink: fix it" && error?.cause == cause && elapsed < .seconds(2))
    }

    @Test(arguments: [FailureCause.credentials, .nameResolution, .rateLimited])
    func anEndlessDeliveryTriesAgainWhateverTheCauseIs(cause: FailureCause) throws {
        let calls = Mutex(0)
        let sink = FakeSink { documents, _ in
            let number = calls.withLock { calls in
                calls += 1
                return calls
            }
            return number < 4 ? .failed(cause, reason: "not now") : FakeSink.accept(documents)
        }
        var limits = DeliveryLimits()
        limits.firstWait = .milliseconds(5)
        let delivery = try deliver(to: sink, limits: limits, patience: .endless)
        try delivery.finish()
        #expect(try delivery.progress().counts.accepted == 6)
        try delivery.close()
    }

    @Test func givingUpAndAShutdownCutALongRetryAfter() throws {
        let sink = FakeSink { _, _ in .failed(.rateLimited, reason: "429", after: .seconds(600)) }
        var delivery = try deliver(to: sink, patience: .givingUp(after: .milliseconds(500)))
        var (elapsed, error) = timed { try delivery.finish() }
        #expect(error?.message.contains("429; given up") == true && error?.cause == .rateLimited)
        #expect(elapsed > .milliseconds(400) && elapsed < .seconds(2), "\(elapsed)")
        try delivery.close()

        delivery = try deliver(to: sink, patience: .endless)
        let signal = shutdown(delivery)
        (elapsed, error) = timed { try delivery.finish() }
        #expect(signal.isRequested && error?.message == "fake:sink: 429" && elapsed < .seconds(1.2), "\(elapsed)")
        try delivery.close()
    }

    @Test func aShutdownLetsACallUnderWayEndAndCountsIt() throws {
        let sink = FakeSink { documents, _ in
            sleepMilliseconds(600)
            return FakeSink.accept(documents)
        }
        let delivery = try deliver(to: sink, patience: .endless)
        let signal = shutdown(delivery)
        let (_, error) = timed { try delivery.finish() }
        #expect(signal.isRequested && error == nil)
        #expect(try delivery.progress().settledBatches == 1)
        try delivery.close()
    }

    @Test func aShutdownWaitsForAHangingCallNoLongerThanItsGrace() throws {
        let delivery = try deliver(to: FakeSink { FakeSink.hang($1) }, patience: .endless)
        let signal = shutdown(delivery)
        let (elapsed, error) = timed { try delivery.finish() }
        #expect(signal.isRequested && error?.message.contains("stopped before all documents were delivered") == true)
        #expect(elapsed > .milliseconds(1_500) && elapsed < .seconds(4), "\(elapsed)")
        #expect(try delivery.progress().settledBatches == 0)
        let closing = timed { try delivery.close() }
        #expect(closing.elapsed < Self.soon, "\(closing.elapsed)")
    }

    /// A sink that is slow, and answers, gets more time.
    @Test func aShutdownWaitsLongerForASinkThatAnswers() throws {
        var limits = DeliveryLimits()
        limits.calls = 1
        let sink = FakeSink { documents, _ in
            sleepMilliseconds(600)
            return FakeSink.accept(documents)
        }
        let delivery = try deliver(to: sink, limits: limits, patience: .endless)
        for _ in 0..<3 { _ = try delivery.deliver(ReplyJudge().batch) }
        let signal = shutdown(delivery, after: 0)
        let (elapsed, error) = timed { try delivery.finish() }
        #expect(signal.isRequested && error == nil && elapsed > .milliseconds(2_000), "\(elapsed)")
        #expect(try delivery.progress().settledBatches == 4)
        for _ in 0..<20 { _ = try delivery.deliver(ReplyJudge().batch) }
        let late = timed { try delivery.finish() }
        #expect(late.error?.code == .stopped && late.elapsed < .seconds(6), "\(late.elapsed)")
        try delivery.close()
    }

    @Test func whereNothingIsUnderWayAShutdownEndsAtOnce() throws {
        let delivery = try deliver(to: FakeSink { documents, _ in FakeSink.accept(documents) }, patience: .endless)
        try delivery.finish()
        let signal = shutdown(delivery, after: 0)
        signal.wait(for: .seconds(10))
        let (elapsed, error) = timed {
            try delivery.finish()
            try delivery.close()
        }
        #expect(error == nil && elapsed < Self.soon, "\(elapsed)")
    }

    @Test func aShutdownWakesWhoeverWaitsForThePool() throws {
        var limits = DeliveryLimits()
        limits.poolBytes = 1
        let sink = FakeSink { _, _ in .failed(.network, reason: "down", after: .seconds(600)) }
        let delivery = try deliver(to: sink, limits: limits, patience: .endless)
        let signal = shutdown(delivery)
        let (elapsed, error) = timed { _ = try delivery.deliver(ReplyJudge().batch) }
        #expect(signal.isRequested && error?.message == "fake:sink: down" && elapsed < .seconds(1.2), "\(elapsed)")
        try delivery.close()
    }

    /// A delivery that is closed early, because the journal failed for example, does not wait for calls.
    @Test func closingEndsCallsUnderWay() throws {
        let server = SilentServer()
        let address = try SearchAddress(.elasticsearch, "\(server.url)/posts")
        let sink = SearchSink(address, .init(), identity: "elasticsearch:test")
        let delivery = try deliver(to: sink, patience: .endless)
        sleepMilliseconds(100)
        let closing = timed { try delivery.close() }
        #expect(closing.elapsed < .milliseconds(900), "\(closing.elapsed)")
    }

    @Test func threadsThatWaitSleep() throws {
        let reads = Mutex(0)
        let clock = MonotonicClock {
            reads.withLock { $0 += 1 }
            return MonotonicClock.system.now
        }
        let sink = FakeSink { _, _ in .failed(.rateLimited, reason: "429", after: .seconds(600)) }
        let delivery = try deliver(to: sink, patience: .endless, clock: clock)
        sleepMilliseconds(200)
        let before = reads.withLock { $0 }
        sleepMilliseconds(800)
        // Four threads that look every 50 ms would read it 64 times.
        #expect(reads.withLock { $0 } - before < 8)
        try delivery.close()
    }
}
