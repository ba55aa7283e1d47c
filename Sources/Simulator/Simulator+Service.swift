public import Lifecycle

/// A simulator as a part of a program that is started and stopped with the others.
extension Simulator: Service {
    /// What logs call it.
    public var name: String { "simulator" }

    /// Serves until the shutdown is requested, then ends its streams in order.
    public func run(_ shutdown: ShutdownSignal) {
        while !shutdown.wait(for: .seconds(3_600)) {}
        stop()
    }
}
