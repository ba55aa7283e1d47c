/// A long-lived part of the program that runs on a thread of its own.
public protocol Service: Sendable {
    /// A short name for logs and for the thread: `recorder`.
    var name: String { get }

    /// Whether the group stops when this service ends.
    ///
    /// An optional service that fails is named in the log and on the health board, and run again with capped back-off; one that
    /// returns has done its work.
    var isEssential: Bool { get }

    /// Runs until the shutdown is requested or the work is done; blocks as it likes, but must see the request soon.
    ///
    /// An optional service is run again on the same object, so everything that can fail is made in here.
    func run(_ shutdown: ShutdownSignal) throws
}

extension Service {
    /// Most services are.
    public var isEssential: Bool { true }
}

/// An optional service of a function, which opens all that it needs each time it is run.
public struct OptionalService: Service {
    /// The name that was given.
    public let name: String
    /// The group continues without it.
    public let isEssential = false
    private let body: @Sendable (ShutdownSignal) throws -> Void

    /// Makes a service of a function.
    public init(_ name: String, _ body: @escaping @Sendable (ShutdownSignal) throws -> Void) {
        self.name = name
        self.body = body
    }

    /// Runs the function.
    public func run(_ shutdown: ShutdownSignal) throws { try body(shutdown) }
}
