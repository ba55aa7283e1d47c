internal import Glibc

/// A thread of its own for work that blocks, with a stack big enough for libcurl and SQLite.
public final class WorkerThread: @unchecked Sendable {
    // @unchecked: the outcome is guarded by `finished`, and nothing else changes.

    /// The stack of a thread unless told otherwise: 2 MiB, of which only touched pages cost memory.
    public static let defaultStackByteCount = 2 << 20

    /// The name it was started with.
    public let name: String
    private let finished = ShutdownSignal()

    private final class Start {
        let body: @Sendable () -> Void
        let finished: ShutdownSignal
        let name: String

        init(name: String, finished: ShutdownSignal, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.finished = finished
            self.body = body
        }
    }

    /// Starts a thread that runs a function and ends: pthread_create(3).
    ///
    /// The thread is detached.
    ///
    /// - Throws: `LifecycleError` with code `.threadFailed` where the system refuses another thread.
    public init(
        name: String,
        stackByteCount: Int = WorkerThread.defaultStackByteCount,
        _ body: @escaping @Sendable () -> Void
    ) throws(LifecycleError) {
        self.name = name
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, max(stackByteCount, 256 << 10))
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(name: name, finished: finished, body: body))
        let status = pthread_create(
            &thread,
            &attributes,
            { raw in
                guard let raw else { return nil }
                let start = Unmanaged<Start>.fromOpaque(raw).takeRetainedValue()
                start.body()
                start.finished.request()
                return nil
            },
            start.toOpaque()
        )
        guard status == 0 else {
            start.release()
            throw .threadFailed(name: name, errno: status)
        }
    }

    /// Waits until the function has returned or the time is up, and returns whether it has returned.
    @discardableResult
    public func join(for duration: Duration) -> Bool {
        finished.wait(for: duration)
    }
}
