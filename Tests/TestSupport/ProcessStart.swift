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
}
