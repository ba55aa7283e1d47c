internal import Glibc

/// What can go wrong with services themselves, apart from the errors that they throw.
public struct LifecycleError: Error, CustomStringConvertible {
    /// What kind of failure it was.
    public struct Code: Hashable, Sendable {
        private enum Value { case threadFailed, didNotStop }
        private let value: Value
        /// The system refused another thread.
        public static let threadFailed = Code(value: .threadFailed)
        /// A service was still running when the grace period was over.
        public static let didNotStop = Code(value: .didNotStop)
    }

    /// What kind of failure it was.
    public let code: Code
    /// What failed and what to do about it.
    public let message: String

    /// The message.
    public var description: String { message }

    static func threadFailed(name: String, errno code: CInt) -> LifecycleError {
        LifecycleError(
            code: .threadFailed,
            message: "cannot start a thread for \(name): \(String(cString: strerror(code))); "
                + "raise the limit on processes (ulimit -u) or free memory"
        )
    }

    static func didNotStop(_ names: [String], within period: Duration) -> LifecycleError {
        LifecycleError(
            code: .didNotStop,
            message: "\(names.joined(separator: ", ")) did not stop within \(period); "
                + "what was committed is safe, and the next start recovers the rest"
        )
    }
}
