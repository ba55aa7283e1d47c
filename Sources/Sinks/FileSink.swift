/// What another program did to a sink's output file.
public enum OutputChange: Sendable, Equatable {
    /// It is shorter than what was written to it.
    case truncated
    /// Its path leads to another file, or to none: it was renamed or deleted.
    case replaced
}

/// A sink whose output only grows: a checkpoint keeps its length, and a start cuts it back to that, so that a killed follower leaves
/// no document twice.
public protocol FileSink: Sink {
    /// Bytes of output so far, durable after `flush`; nil where the output has no length.
    var length: Int? { get }

    /// Cuts the output back to a length that a checkpoint kept; nil where it kept none.
    ///
    /// - Returns: `truncated` where the output is shorter than that; it then goes on at its end.
    func resume(at length: Int?) throws -> OutputChange?

    /// Notices what another program did to the output since the last call; call it before each batch.
    ///
    /// On return everything delivered so far is durable where the output was replaced.
    func checkOutput() throws -> OutputChange?
}
