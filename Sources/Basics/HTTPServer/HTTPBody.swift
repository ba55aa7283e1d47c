/// A body that is written while it is sent.
///
/// The server calls `read` on its own thread, one call at a time, whenever the connection can take more; so a slow reader
/// slows the body down and nothing piles up. What one call writes is one HTTP chunk, handed to the kernel before the next call.
public protocol HTTPBody: AnyObject, Sendable {
    /// Writes the next bytes, or says why there are none.
    ///
    /// It must not block: every other connection waits meanwhile.
    ///
    /// - Parameters:
    ///   - buffer: where to write, at most `HTTPServerLimits.chunkByteLimit` bytes.
    ///   - control: what wakes this body after `.wait`; the same object at every call.
    /// - Returns: what was done.
    func read(into buffer: UnsafeMutableRawBufferPointer, control: HTTPStreamControl) -> HTTPBodyStep

    /// The connection is done with the body: it ended, the client left, or the server stopped; called exactly once,
    /// and also where nothing was ever read.
    func closed()
}

/// What a body did when it was asked for bytes.
public enum HTTPBodyStep: Sendable, Equatable {
    /// That many bytes are at the start of the buffer; 0 means the same as `wait`.
    case wrote(Int)
    /// Nothing to send until `HTTPStreamControl.resume()`. A resume after `read` was entered counts: no wake-up is lost.
    case wait
    /// The same, but the server asks again by itself after that time.
    case waitUpTo(Duration)
    /// The body is complete.
    case end
    /// Close the connection inside the body: the client sees an incomplete answer.
    case abort
    /// Reset the TCP connection; bytes the client has not acknowledged may be lost to it.
    case reset
}
