internal import Glibc

/// Which inputs of a fuzzer its threads have in hand, so that a crash, which ends the process at once, can name them.
public final class InputInHand: CustomStringConvertible, @unchecked Sendable {
    // @unchecked: each place has one writer; a signal handler reads them, and may take no lock.
    private let numbers: UnsafeMutableBufferPointer<Int>
    private let seed: UInt64

    /// Makes a place for each thread; it stays for as long as the process runs.
    public init(seed: UInt64, threads: Int) {
        self.seed = seed
        numbers = .allocate(capacity: threads)
        numbers.initialize(repeating: -1)
    }

    /// Notes what a thread begins with.
    public func begin(_ number: Int, thread: Int) { numbers[thread] = number }

    /// What to set to repeat what is in hand.
    public var description: String {
        let inputs = numbers.map(String.init).joined(separator: " or ")
        return "REPRISE_TEST_SEED=\(seed) REPRISE_TEST_FUZZ_INPUT=\(inputs)"
    }

    /// From now on a crash prints what is in hand; of several in a process, the one that asked last.
    public func nameOnCrash() {
        watched = Unmanaged.passRetained(self)
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE] {
            signal(number) { number in
                if let inHand = watched?.takeUnretainedValue() {
                    let text = "\ncrash: \(inHand)\n"
                    _ = text.withCString { write(2, $0, strlen($0)) }
                }
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }
}

// Read by a signal handler.
private nonisolated(unsafe) var watched: Unmanaged<InputInHand>?
