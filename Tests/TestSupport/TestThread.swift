internal import Foundation
internal import Synchronization

/// A thread that a test starts and joins.
public final class TestThread: Sendable {
    private let done = DispatchSemaphore(value: 0)

    fileprivate init(_ body: @escaping @Sendable () -> Void) {
        let done = done
        Thread.detachNewThread {
            body()
            done.signal()
        }
    }

    /// Waits for its end; false where that takes longer than the seconds given.
    @discardableResult
    public func join(seconds: Double = 20) -> Bool {
        done.wait(timeout: .now() + seconds) == .success
    }
}

/// Runs a closure on a thread of its own.
public func startThread(_ body: @escaping @Sendable () -> Void) -> TestThread {
    TestThread(body)
}

/// Blocks the calling thread.
public func sleepMilliseconds(_ count: Int) {
    usleep(UInt32(count) * 1_000)
}
