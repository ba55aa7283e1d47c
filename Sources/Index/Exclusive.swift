internal import Synchronization

/// A lock around code whose state and results stay with the caller.
///
/// `Mutex` hands its state and results over between threads, which would keep out a batch that belongs to the caller.
struct Exclusive: ~Copyable {
    private let mutex = Mutex(())

    /// Runs the body while no other body of this lock runs.
    func run<Value>(_ body: () throws -> Value) throws -> Value {
        // Safe because it is written and read by this thread alone, before and after the body.
        nonisolated(unsafe) var result: Result<Value, any Error>?
        mutex.withLock { _ in result = Result { try body() } }
        guard let result else { preconditionFailure("a lock that did not run its body") }
        return try result.get()
    }
}
