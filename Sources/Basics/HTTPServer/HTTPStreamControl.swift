internal import CMicroHTTPD
internal import Glibc
internal import Synchronization

/// Wakes a body that waits.
public final class HTTPStreamControl: Sendable {
    typealias Watch = @Sendable (HTTPStreamControl, _ descriptor: CInt, _ wakeAfter: Duration?) -> Bool

    private struct State {
        /// Nil once libmicrohttpd is done with the connection, whose memory is then gone.
        var connection: ConnectionHandle?
        /// Dropped with the connection, since bodies keep their control.
        var body: (any HTTPBody)?
        var isSuspended = false
        var isSignalled = false
        var isGone = false
    }

    private let state: Mutex<State>
    private let chunkByteLimit: Int
    private let watch: Watch
    /// What the watcher knows this stream by.
    let token = HTTPStreamControl.tokens.wrappingAdd(1, ordering: .relaxed).oldValue
    private static let tokens = Atomic<UInt64>(StreamWatcher.firstStreamToken)

    init(
        connection: ConnectionHandle,
        body: any HTTPBody,
        chunkByteLimit: Int,
        watch: @escaping Watch
    ) {
        state = Mutex(State(connection: connection, body: body))
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

    /// Whether the client is still there, as far as this machine knows; false once the connection is gone.
    ///
    /// A client that went away is known at once on the same machine, and before a connection it opens afterwards.
    public var isClientConnected: Bool {
        state.withLock {
            guard let connection = $0.connection, !$0.isGone else { return false }
            let events = Int16(truncatingIfNeeded: EPOLLRDHUP.rawValue)
            var poller = pollfd(fd: reprise_mhd_descriptor(connection.pointer), events: events, revents: 0)
            return poll(&poller, 1, 0) == 0
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
            let body = state.withLock {
                $0.isSignalled = false
                return $0.isGone ? nil : $0.body
            }
            guard let body else { return reprise_mhd_end_with_error() }
            switch body.read(into: buffer, control: self) {
            case .wrote(let count) where count > 0:
                precondition(count <= buffer.count, "a body wrote past the end of its buffer")
                return count
            case .wait, .wrote:
                if suspend(wakeAfter: nil) { return 0 }
            case .waitUpTo(let delay):
                if suspend(wakeAfter: delay) { return 0 }
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
        let body = state.withLock {
            $0.connection = nil
            $0.isSuspended = false
            return $0.body.take()
        }
        body?.closed()
    }

    // MARK: - Internal

    /// Suspends the connection unless someone resumed it since the body was asked.
    private func suspend(wakeAfter delay: Duration?) -> Bool {
        // A suspended connection is polled by nobody, so the watcher has to see the client leave.
        if let connection = state.withLock({ $0.connection }),
            !watch(self, reprise_mhd_descriptor(connection.pointer), delay)
        {
            state.withLock { $0.isGone = true }
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
