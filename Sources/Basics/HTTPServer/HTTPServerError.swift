/// Why an HTTP server could not start.
public struct HTTPServerError: Error, CustomStringConvertible, Sendable {
    /// The kind of failure, for callers that act on it.
    public struct Code: Hashable, Sendable {
        private enum Value { case addressInUse, badAddress, notPermitted, systemCall, engine }
        private let value: Value

        /// Another program listens on that address and port.
        public static let addressInUse = Code(value: .addressInUse)
        /// The host is not an address or name of this machine.
        public static let badAddress = Code(value: .badAddress)
        /// The port is reserved for other users.
        public static let notPermitted = Code(value: .notPermitted)
        /// Another system call failed.
        public static let systemCall = Code(value: .systemCall)
        /// libmicrohttpd refused to start.
        public static let engine = Code(value: .engine)
    }

    /// The kind of failure.
    public let code: Code
    /// What failed, where, and what to do next.
    public let message: String

    /// The message.
    public var description: String { message }
}
