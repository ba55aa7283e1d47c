/// Why posts cannot be refreshed.
public struct RefresherError: Error, CustomStringConvertible, Sendable {
    /// The kind of failure.
    public struct Code: Hashable, Sendable {
        private enum Value { case unusable, clockWrong, otherServer }
        private let value: Value
        /// `posts.sqlite` cannot be used.
        public static let unusable = Code(value: .unusable)
        /// This machine's clock and X's disagree on the day.
        public static let clockWrong = Code(value: .clockWrong)
        /// The journal holds posts of another server.
        public static let otherServer = Code(value: .otherServer)
    }

    /// The kind of failure.
    public let code: Code
    /// What failed, where, and what to do next.
    public let message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
