public import Foundation
internal import Synchronization

extension Process {
    /// Starts it while no other one is being started.
    ///
    /// Foundation learns of a child's end by a socket. Another child, started between its making and its closing here, inherits
    /// it, and then the first one seems to run for as long as the other does.
    public func start() throws {
        try Self.starts.withLock { _ in try run() }
    }

    private static let starts = Mutex(())

    /// What every child gets of our environment: where programs are, sanitizers' settings, and another time of day by `faketime`.
    public static var inheritedEnvironment: [String: String] {
        let names: Set = ["PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "TSAN_OPTIONS", "LD_PRELOAD"]
        return ProcessInfo.processInfo.environment.filter { names.contains($0.key) || $0.key.hasPrefix("FAKETIME") }
    }
}
