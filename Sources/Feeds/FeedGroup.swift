public import Lifecycle

/// Feeds that run side by side, each at its own speed: what ends one does not end the others.
public enum FeedGroup {
    /// Runs feeds until each has ended; how is in their outcomes.
    ///
    /// - Parameter onEnd: told of each that has ended, on its thread.
    /// - Throws: `LifecycleError` where the system refuses a thread; the others are stopped then.
    public static func run(
        _ feeds: [Feed],
        _ shutdown: ShutdownSignal,
        onEnd: @escaping @Sendable (Feed) -> Void = { _ in }
    ) throws {
        var threads: [WorkerThread] = []
        defer { for thread in threads { wait(for: thread) } }
        do {
            for feed in feeds {
                threads.append(
                    try WorkerThread(name: feed.name) {
                        // The error is in the outcome.
                        try? feed.run(shutdown)
                        onEnd(feed)
                    }
                )
            }
        } catch {
            shutdown.request()
            throw error
        }
    }

    /// A replay may take days; the loop only bounds each single wait.
    private static func wait(for thread: WorkerThread) {
        while !thread.join(for: .seconds(3_600)) {}
    }
}
