/// A long-lived part of the program that runs on a thread of its own.
public protocol Service: Sendable {
    /// A short name for logs and for the thread: `recorder`.
    var name: String { get }

    /// Runs until the shutdown is requested or the work is done; blocks as it likes, but must see the request soon.
    func run(_ shutdown: ShutdownSignal) throws
}
