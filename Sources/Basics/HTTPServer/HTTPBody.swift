internal import CMicroHTTPD
internal import Synchronization

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
    /// The body is complete.
    case end
    /// Close the connection inside the body: the client sees an incomplete answer.
    case abort
    /// Reset the TCP connection; bytes the client has not acknowledged may be lost to it.
    case reset
}

/// Wakes a body that waits.
public final class HTTPStreamControl: Sendable {
    private struct State {
        /// Nil once libmicrohttpd is done with the connection, whose memory is then gone.
        var connection: ConnectionHandle?
        var isSuspended = false
        var isSignalled = false
        var isGone = false
    }

    private let state: Mutex<State>
    private let body: any HTTPBody
    private let chunkByteLimit: Int
    private let watch: @Sendable (HTTPStreamControl, _ descriptor: CInt) -> Void

    init(
        connection: ConnectionHandle,
        body: any HTTPBody,
        chunkByteLimit: Int,
        watch: @escaping @Sendable (HTTPStreamControl, _ descriptor: CInt) -> Void
    ) {
        state = Mutex(State(connection: connection))
        self.body = body
        self.chunkByteLimit = chunkByteLimit
        self.watch = watch
    }

    /// Makes the server ask the body again; from any thread, also after the connection is gone.
    public func resume() {
        state.withLock {
            $0.isSignalled = true
            Self.wake(&$0)
        }
    }

    /// Ends the body at its next turn, because the client left or the server stops.
    func hangUp() {
        state.withLock {
            $0.isGone = true
            Self.wake(&$0)
        }
    }

    /// Asks the body for a chunk, on the server's thread, and answers as libmicrohttpd expects of a content reader.
    func next(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let buffer = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(chunkByteLimit))
        while true {
            let isGone = state.withLock {
                $0.isSignalled = false
                return $0.isGone
            }
            guard !isGone else { return reprise_mhd_end_with_error() }
            switch body.read(into: buffer, control: self) {
            case .wrote(let count) where count > 0:
                precondition(count <= buffer.count, "a body wrote past the end of its buffer")
                return count
            case .wait, .wrote:
                if suspend() { return 0 }
            case .end:
                return reprise_mhd_end()
            case .abort:
                return reprise_mhd_end_with_error()
            case .reset:
                state.withLock {
                    guard let connection = $0.connection else { return }
                    _ = reprise_tcp_reset(reprise_mhd_descriptor(connection.pointer))
                }
                return reprise_mhd_end_with_error()
            }
        }
    }

    /// The connection's memory is about to go.
    func close() {
        state.withLock {
            $0.connection = nil
            $0.isSuspended = false
        }
        body.closed()
    }

    // MARK: - Internal

    /// Suspends the connection unless someone resumed it since the body was asked.
    private func suspend() -> Bool {
        // A suspended connection is polled by nobody, so the watcher has to see the client leave.
        if let connection = state.withLock({ $0.connection }) {
            watch(self, reprise_mhd_descriptor(connection.pointer))
        }
        return state.withLock {
            guard !$0.isSignalled, !$0.isGone, let connection = $0.connection else { return false }
            MHD_suspend_connection(connection.pointer)
            $0.isSuspended = true
            return true
        }
    }

    private static func wake(_ state: inout State) {
        guard state.isSuspended, let connection = state.connection else { return }
        state.isSuspended = false
        MHD_resume_connection(connection.pointer)
    }
}

/// A libmicrohttpd connection.
struct ConnectionHandle: @unchecked Sendable {
    // Sendable because suspend and resume are libmicrohttpd's thread-safe calls, and the rest happens on its own thread.
    let pointer: OpaquePointer
}
