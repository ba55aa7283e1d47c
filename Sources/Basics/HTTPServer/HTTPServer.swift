internal import CMicroHTTPD
internal import Synchronization

/// An HTTP/1.1 server on a thread of its own.
///
/// Handlers and bodies run on that thread, one at a time: they must be quick, and none of them may call `stop`.
/// A server that listens on loopback answers only requests whose `Host` is loopback too (421 otherwise).
public final class HTTPServer: Sendable {
    private let core: ServerCore
    private let daemon: Mutex<DaemonHandle?>
    /// The port it listens on.
    public let port: UInt16
    /// The address it listens on, as the start of a URL: `http://127.0.0.1:8080`.
    public let url: String

    /// Listens and serves from now on.
    ///
    /// - Parameters:
    ///   - host: the address to listen on; loopback unless told otherwise.
    ///   - port: 0 takes a free one.
    ///   - limits: what a client may ask for.
    ///   - alsoServing: names other than loopback that `Host` may say, lower case, for a proxy or a tunnel in front.
    ///   - handler: answers a request that was read to its end.
    /// - Throws: `HTTPServerError`.
    public init(
        host: String = "127.0.0.1",
        port: UInt16,
        limits: HTTPServerLimits = HTTPServerLimits(),
        alsoServing: Set<String> = [],
        handler: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) throws(HTTPServerError) {
        let socket = try ListenSocket(host: host, port: port)
        let connections = ConnectionTable(limits: limits)
        let watcher: StreamWatcher
        do {
            watcher = try StreamWatcher(connections)
            try watcher.start()
        } catch {
            socket.close()
            throw error
        }
        let core = ServerCore(
            limits: limits,
            watcher: watcher,
            connections: connections,
            checksHost: socket.isLoopback,
            names: alsoServing,
            handler: handler
        )
        let pointer = Unmanaged.passUnretained(core).toOpaque()
        guard
            let daemon = reprise_mhd_start(
                socket.descriptor,
                // More than the table keeps, so that connections that are to be closed keep no new one waiting.
                UInt32(clamping: limits.connectionCount + max(32, limits.connectionCount / 2)),
                limits.connectionByteLimit,
                seconds(limits.idleTimeout),
                answerRequest,
                pointer,
                requestCompleted,
                pointer,
                requestTarget,
                pointer,
                connectionChanged,
                pointer
            )
        else {
            watcher.stop()
            socket.close()
            throw HTTPServerError(code: .engine, message: "cannot start an HTTP server on \(host):\(socket.port)")
        }
        self.core = core
        self.daemon = Mutex(DaemonHandle(pointer: daemon))
        self.port = socket.port
        url = "http://" + (socket.address.contains(":") ? "[\(socket.address)]" : socket.address) + ":\(socket.port)"
    }

    deinit {
        stop()
    }

    /// Closes every connection, inside their bodies too, and returns when the thread has ended; later calls do nothing.
    public func stop() {
        guard let daemon = daemon.withLock({ $0.take() }) else { return }
        // libmicrohttpd aborts the process over a connection that is still suspended, so all are woken first, and from here on
        // none is suspended any more.
        core.watcher.stop()
        MHD_stop_daemon(daemon.pointer)
    }
}

struct DaemonHandle: @unchecked Sendable {
    // Sendable because only `stop` uses it, once, and MHD_stop_daemon may be called from any other thread.
    let pointer: OpaquePointer
}

/// Whole seconds, at least one, for a time that is not zero.
func seconds(_ duration: Duration) -> UInt32 {
    duration == .zero ? 0 : UInt32(clamping: max(1, duration.components.seconds))
}
