/// An invocation that gets no response.
public struct LambdaError: Error, CustomStringConvertible, Equatable {
    /// The kinds of failure.
    public struct Code: Sendable, Hashable {
        /// The name of the kind, as Lambda shows it.
        public let name: String

        /// The event is not one that Firehose sends.
        public static let invalidEvent = Code(name: "InvalidEvent")
        /// Even without any document the response would be larger than Lambda takes.
        public static let responseTooLarge = Code(name: "ResponseSizeTooLarge")
    }

    /// The kind.
    public let code: Code
    /// What is wrong with the event; nothing of its data.
    public let message: String

    /// The message.
    public var description: String { message }
}
