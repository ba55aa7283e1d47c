import Glibc
import Lifecycle
import Logging
import Synchronization
import Testing

@Suite struct ShutdownSignalTests {
    @Test func aWaitEndsWithoutARequestWhenTheTimeIsUp() {
        let shutdown = ShutdownSignal()
        #expect(!shutdown.wait(for: .milliseconds(10)))
        #expect(!shutdown.wait(for: .zero))
        #expect(!shutdown.isRequested)
    }

    @Test func aRequestWakesAWaiterLongBeforeItsTime() throws {
        let shutdown = ShutdownSignal()
        let wasRequested = Mutex(false)
        let start = ContinuousClock.now
        let waiter = try WorkerThread(name: "waiter") {
            let answer = shutdown.wait(for: .seconds(60))
            wasRequested.withLock { $0 = answer }
        }
        #expect(!waiter.join(for: .milliseconds(20)))
        shutdown.request()
        #expect(waiter.join(for: .seconds(10)))
        #expect(wasRequested.withLock { $0 })
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test func handlersRunOnceInOrderAndALateOneAtOnce() {
        let shutdown = ShutdownSignal()
        let calls = Mutex<[Int]>([])
        let kept = (1...3).map { number in shutdown.onRequest { calls.withLock { $0.append(number) } } }
        #expect(calls.withLock { $0 } == [])
        shutdown.request()
        shutdown.request()
        #expect(calls.withLock { $0 } == [1, 2, 3])
        let late = shutdown.onRequest { calls.withLock { $0.append(4) } }
        #expect(calls.withLock { $0 } == [1, 2, 3, 4])
        withExtendedLifetime((kept, late)) {}
    }

    @Test func aHandlerThatIsLetGoIsForgottenWithAllItHolds() {
        final class Held: Sendable {}
        let shutdown = ShutdownSignal()
        let calls = Mutex<[Int]>([])
        weak var held: Held?
        do {
            let object = Held()
            held = object
            let handler = shutdown.onRequest {
                withExtendedLifetime(object) {}
                calls.withLock { $0.append(1) }
            }
            withExtendedLifetime(handler) {}
        }
        #expect(held == nil)
        shutdown.request()
        #expect(calls.withLock { $0 } == [])
    }

    @Test func aHandlerMayRegisterAnotherOne() {
        let shutdown = ShutdownSignal()
        let isCalled = Mutex(false)
        let handler = shutdown.onRequest { _ = shutdown.onRequest { isCalled.withLock { $0 = true } } }
        shutdown.request()
        #expect(isCalled.withLock { $0 })
        withExtendedLifetime(handler) {}
    }
}

/// A service whose behaviour a test gives.
private struct Scripted: Service {
    let name: String
    let body: @Sendable (ShutdownSignal) throws -> Void

    func run(_ shutdown: ShutdownSignal) throws { try body(shutdown) }
}

private struct Broken: Error, Equatable {
    let part: String
}

@Suite struct ServiceGroupTests {
    /// What happened, in order, from any thread.
    private final class Diary: Sendable {
        private let lines = Mutex<[String]>([])

        var text: [String] { lines.withLock { $0 } }

        func add(_ line: String) { lines.withLock { $0.append(line) } }

        /// A service that runs until it is stopped.
        func service(_ name: String, then stop: @escaping @Sendable () throws -> Void = {}) -> Scripted {
            Scripted(name: name) { [self] shutdown in
                shutdown.wait(for: .seconds(30))
                add("\(name) ends")
                try stop()
            }
        }
    }

    private func run(
        _ services: [any Service],
        logger: Logger = .silent,
        grace: Duration = .seconds(10),
        shutdown: ShutdownSignal = ShutdownSignal()
    ) throws {
        try ServiceGroup(services: services, logger: logger, gracePeriod: grace).run(stopOn: [], shutdown: shutdown)
    }

    @Test func theFirstThatEndsStopsTheOthersInReverseOrder() throws {
        let diary = Diary()
        let done = Scripted(name: "done") { _ in diary.add("done ends") }
        try run([diary.service("writer"), diary.service("replayer"), diary.service("recorder"), done])
        #expect(diary.text == ["done ends", "recorder ends", "replayer ends", "writer ends"])
    }

    /// The writer must not stop before what feeds it has ended, however long that takes within the grace period.
    @Test func aServiceIsAskedOnlyWhenTheOneAfterItHasEnded() throws {
        let diary = Diary()
        let slow = Scripted(name: "recorder") { own in
            own.wait(for: .seconds(30))
            ShutdownSignal().wait(for: .milliseconds(100))
            diary.add("recorder ends")
        }
        let trigger = Scripted(name: "trigger") { _ in }
        try run([diary.service("writer"), slow, trigger])
        #expect(diary.text == ["recorder ends", "writer ends"])
    }

    @Test func anErrorStopsTheGroupAndIsThrown() {
        let diary = Diary()
        let broken = Scripted(name: "replayer") { _ in throw Broken(part: "replayer") }
        #expect(throws: Broken(part: "replayer")) { try run([diary.service("writer"), broken]) }
        #expect(diary.text == ["writer ends"])
    }

    @Test func theFirstErrorIsThrownAndLaterOnesAreLogged() {
        let sink = MemoryLogSink()
        let diary = Diary()
        let writer = diary.service("writer") { throw Broken(part: "writer") }
        let broken = Scripted(name: "replayer") { _ in throw Broken(part: "replayer") }
        #expect(throws: Broken(part: "replayer")) {
            try run([writer, broken], logger: Logger(label: "group", level: .error, sink: sink))
        }
        #expect(sink.messages.count == 1)
        #expect(sink.messages.first?.hasPrefix("writer failed as well: ") == true)
    }

    @Test func oneThatDoesNotStopIsNamedWhenTheGracePeriodIsOver() throws {
        let diary = Diary()
        let letGo = ShutdownSignal()
        defer { letGo.request() }
        let stuck = Scripted(name: "stuck-sink") { _ in letGo.wait(for: .seconds(30)) }
        let done = Scripted(name: "done") { _ in }
        let sink = MemoryLogSink()
        let start = ContinuousClock.now
        let error = try #require(throws: LifecycleError.self) {
            try run(
                [diary.service("writer"), stuck, done],
                logger: Logger(label: "group", level: .warning, sink: sink),
                grace: .milliseconds(200)
            )
        }
        #expect(error.code == .didNotStop)
        #expect(error.message.hasPrefix("stuck-sink did not stop within 0.2 seconds"))
        #expect(sink.messages == ["stuck-sink is slow to stop"])
        #expect(diary.text == ["writer ends"])
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test func aRequestFromElsewhereStopsTheGroup() throws {
        let diary = Diary()
        let shutdown = ShutdownSignal()
        let asks = Scripted(name: "asks") { own in
            shutdown.request()
            own.wait(for: .seconds(30))
        }
        try run([diary.service("writer"), asks], shutdown: shutdown)
        #expect(diary.text == ["writer ends"])
    }

    @Test func nothingStartsAfterARequest() throws {
        let diary = Diary()
        let shutdown = ShutdownSignal()
        shutdown.request()
        try run([diary.service("writer")], shutdown: shutdown)
        #expect(diary.text == [])
    }

    /// SIGUSR1, because the test's own process gets it, and nothing else in it may be stopped.
    @Test func aSignalStopsTheGroup() throws {
        let diary = Diary()
        let kills = Scripted(name: "kills") { own in
            kill(getpid(), SIGUSR1)
            own.wait(for: .seconds(30))
        }
        try ServiceGroup(services: [diary.service("writer"), kills], logger: .silent).run(stopOn: [SIGUSR1])
        #expect(diary.text == ["writer ends"])
    }

    @Test func aGroupOfNothingEnds() {
        #expect(throws: Never.self) { try run([]) }
    }
}
