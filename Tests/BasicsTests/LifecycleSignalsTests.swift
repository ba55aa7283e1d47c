import Glibc
import Lifecycle
import Logging
import TestSupport
import Testing

/// A service that does not hear that it shall stop.
private struct Deaf: Service {
    let name = "deaf"

    func run(_ shutdown: ShutdownSignal) throws {
        ShutdownSignal().wait(for: .seconds(60))
    }
}

/// Each in a process of its own, because what signals do holds for a whole process.
@Suite(.timeLimit(.minutes(20)))
struct SignalsInAProcessTests {
    @Test func aSecondSignalEndsTheProcessAtOnce() async {
        await #expect(processExitsWith: .exitCode(130)) {
            let killer = try WorkerThread(name: "killer") {
                let pause = ShutdownSignal()
                pause.wait(for: .milliseconds(100))
                kill(getpid(), SIGTERM)
                pause.wait(for: .milliseconds(400))
                kill(getpid(), SIGINT)
            }
            try ServiceGroup(services: [Deaf()], logger: .silent, gracePeriod: .seconds(30)).run()
            killer.join(for: .seconds(10))
        }
    }

    /// `timeout` sends its signal to the process and to its group, and that is no impatience.
    @Test func twoSignalsAtOnceAreOne() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let shutdown = ShutdownSignal()
            Signals.requestOn([SIGINT, SIGTERM], shutdown)
            kill(getpid(), SIGTERM)
            kill(getpid(), SIGTERM)
            kill(getpid(), SIGINT)
            let isRequested = shutdown.wait(for: .seconds(10))
            ShutdownSignal().wait(for: .milliseconds(50))
            exit(isRequested ? 7 : 1)
        }
    }

    @Test func aSignalThatTheParentBlockedIsSeenEvenIfItCameBefore() async {
        await #expect(processExitsWith: .exitCode(7)) {
            var blocked = sigset_t()
            sigemptyset(&blocked)
            sigaddset(&blocked, SIGTERM)
            pthread_sigmask(SIG_BLOCK, &blocked, nil)
            // To this thread, since another one may have it unblocked.
            pthread_kill(pthread_self(), SIGTERM)
            let shutdown = ShutdownSignal()
            Signals.requestOn([SIGTERM], shutdown)
            exit(shutdown.wait(for: .seconds(10)) ? 7 : 1)
        }
    }

    @Test func afterCancellingASignalDoesAgainWhatItDidBefore() async {
        await #expect(processExitsWith: .signal(SIGTERM)) {
            Signals.requestOn([SIGTERM], ShutdownSignal()).cancel()
            kill(getpid(), SIGTERM)
            ShutdownSignal().wait(for: .seconds(10))
        }
    }

    @Test func whoRegistersAgainHasASecondSignalOfItsOwn() async {
        await #expect(processExitsWith: .exitCode(7)) {
            for _ in 0..<2 {
                let shutdown = ShutdownSignal()
                let registration = Signals.requestOn([SIGTERM], shutdown)
                kill(getpid(), SIGTERM)
                guard shutdown.wait(for: .seconds(10)) else { exit(1) }
                registration.cancel()
                ShutdownSignal().wait(for: .milliseconds(300))
            }
            exit(7)
        }
    }

    /// A daemon: logrotate(8) sends SIGHUP again and again, and the process goes on.
    @Test func withoutATerminalAHangupAsksToReopenFilesAndStopsNothing() async {
        await #expect(processExitsWith: .exitCode(7)) {
            setsid()
            let shutdown = ShutdownSignal()
            Signals.requestOn(Signals.stopSignals, shutdown)
            for number in 1...3 {
                kill(getpid(), SIGHUP)
                ShutdownSignal().wait(for: .milliseconds(250))
                guard Hangup.count == number, !shutdown.isRequested else { exit(1) }
            }
            // Hangups are no first signal that makes this one a second.
            kill(getpid(), SIGTERM)
            exit(shutdown.wait(for: .seconds(10)) ? 7 : 1)
        }
    }

    /// nohup(1) ignores it before the program starts.
    @Test func aHangupThatIsIgnoredAtTheStartStaysIgnored() async {
        await #expect(processExitsWith: .exitCode(7)) {
            setsid()
            signal(SIGHUP, SIG_IGN)
            let shutdown = ShutdownSignal()
            let registration = Signals.requestOn(Signals.stopSignals, shutdown)
            kill(getpid(), SIGHUP)
            ShutdownSignal().wait(for: .milliseconds(100))
            registration.cancel()
            kill(getpid(), SIGHUP)
            exit(Hangup.count == 0 && !shutdown.isRequested ? 7 : 1)
        }
    }

    @Test func withATerminalAHangupIsAStopAndNeverASecondSignal() async {
        await #expect(processExitsWith: .exitCode(7)) {
            setsid()
            let terminal = try PseudoTerminal()
            // Whoever leads a session without a terminal gets the first one that it opens.
            guard open(terminal.path, O_RDWR) >= 0 else { exit(2) }
            let shutdown = ShutdownSignal()
            let registration = Signals.requestOn(Signals.stopSignals, shutdown)
            kill(getpid(), SIGHUP)
            guard shutdown.wait(for: .seconds(10)), Hangup.count == 0 else { exit(1) }
            ShutdownSignal().wait(for: .milliseconds(300))
            kill(getpid(), SIGHUP)
            registration.cancel()
            kill(getpid(), SIGHUP)
            withExtendedLifetime(terminal) { exit(7) }
        }
    }
}
