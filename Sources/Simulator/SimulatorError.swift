/// Why the simulator could not do what was asked of it.
public struct SimulatorError: Error, CustomStringConvertible, Sendable {
    /// The kind of failure, for callers that act on it.
    public struct Code: Hashable, Sendable {
        private enum Value { case badFault, badRule, badFile, ioFailed }
        private let value: Value

        /// A fault that cannot be understood.
        public static let badFault = Code(value: .badFault)
        /// A rule to start with that X would refuse.
        public static let badRule = Code(value: .badRule)
        /// A file of posts without a post in it.
        public static let badFile = Code(value: .badFile)
        /// A file could not be read or written.
        public static let ioFailed = Code(value: .ioFailed)
    }

    /// The kind of failure.
    public let code: Code
    /// What failed, where, and what to do next.
    public let message: String

    /// The message.
    public var description: String { message }
}
