internal import CCurl

/// Sends requests through libcurl and reads their answers, on the calling thread.
///
/// Server certificates are always verified, redirects are never followed, and only `http` and `https` are spoken (HTTP/1.1).
/// One client belongs to one thread at a time; connections are kept and reused between its requests.
public final class HTTPClient {
    /// The settings this client was made with.
    public let configuration: HTTPClientConfiguration
    private let multi: UnsafeMutableRawPointer

    /// How long a wait for the network may take before the tick is asked again, in milliseconds.
    private static let tickMilliseconds: CInt = 250
    /// The same where no waker can end the wait.
    private static let tickMillisecondsWithoutWaker: CInt = 50

    /// Makes a client; nothing is connected yet.
    ///
    /// - Parameter configuration: see there.
    /// - Throws: `.other` where libcurl cannot start.
    public init(configuration: HTTPClientConfiguration) throws(HTTPClientError) {
        guard isLibraryReady, let multi = curl_multi_init() else {
            throw HTTPClientError(
                code: .other,
                message: "libcurl could not start; the machine is out of memory or descriptors"
            )
        }
        self.configuration = configuration
        self.multi = multi
    }

    deinit {
        curl_multi_cleanup(multi)
    }

    /// Sends a request and waits for the whole answer, whatever its status.
    ///
    /// The request's credentials are removed from the head, and from the body of anything but a success.
    ///
    /// - Parameters:
    ///   - request: what to send.
    ///   - timeout: how long all of it may take, connecting included.
    ///   - bodyLimit: the most bytes of body to take, 1 MiB unless told otherwise.
    ///   - waker: asks `isCancelled` at once when woken, whatever the request waits for.
    ///   - isCancelled: asked at least every 250 ms, every 50 ms without a waker; true ends the request.
    /// - Returns: head and body.
    /// - Throws: among others `.timedOut`, `.tooLarge` and `.cancelled`.
    public func send(
        _ request: HTTPClientRequest,
        timeout: Duration,
        bodyLimit: Int = 1 << 20,
        waker: StreamWaker? = nil,
        isCancelled: () -> Bool = { false }
    ) throws(HTTPClientError) -> HTTPClientResponse {
        var answer = HTTPClientResponse(head: HTTPHead(status: 0), body: [])
        let end = try run(
            request,
            timeout: timeout,
            onHead: { answer.head = $0 },
            onBytes: { bytes in
                guard answer.body.count + bytes.count <= bodyLimit else {
                    throw HTTPClientError(
                        code: .tooLarge,
                        message: "the answer of \(request.displayURL) exceeds \(bodyLimit) bytes"
                    )
                }
                answer.body.append(contentsOf: bytes)
            },
            onTick: { isCancelled() ? .stop : .goOn },
            waker: waker
        )
        guard end == .serverClosed else {
            throw HTTPClientError(code: .cancelled, message: "\(request.method) \(request.displayURL) was stopped")
        }
        // What an error says may end in a log, so a refusal does not repeat the credentials.
        if answer.head.status >= 300 { answer.body = request.blottedOut(of: answer.body) }
        return answer
    }

    /// Sends a request and hands its answer on as it arrives, until the server or the tick ends it.
    ///
    /// All closures run on the calling thread. No time limit applies once connected: silence is for the tick to judge.
    ///
    /// - Parameters:
    ///   - request: what to send.
    ///   - onHead: gets status and header fields, without the request's credentials, once, before any byte.
    ///   - onBytes: gets each delivery exactly as libcurl hands it over, 1 byte to 16 KiB, valid during the call.
    ///   - onTick: asked at the start, after each delivery or few, and at least every 250 ms, every 50 ms without a waker; `.stop`
    ///     closes the connection.
    ///   - waker: makes `onTick` run now when woken.
    /// - Returns: who ended the stream.
    /// - Throws: `.cut` or `.reset` where it broke, `.refusedByCaller` with the cause where a closure threw.
    public func stream(
        _ request: HTTPClientRequest,
        onHead: (HTTPHead) throws -> Void,
        onBytes: (UnsafeRawBufferPointer) throws -> Void,
        onTick: () throws -> StreamVerdict,
        waker: StreamWaker? = nil
    ) throws(HTTPClientError) -> StreamEnd {
        try run(request, timeout: nil, onHead: onHead, onBytes: onBytes, onTick: onTick, waker: waker)
    }

    // MARK: - Internal

    private func run(
        _ request: HTTPClientRequest,
        timeout: Duration?,
        onHead: (HTTPHead) throws -> Void,
        onBytes: (UnsafeRawBufferPointer) throws -> Void,
        onTick: () throws -> StreamVerdict,
        waker: StreamWaker?
    ) throws(HTTPClientError) -> StreamEnd {
        try withoutActuallyEscaping(onHead) { (onHead) throws(HTTPClientError) -> StreamEnd in
            try withoutActuallyEscaping(onBytes) { (onBytes) throws(HTTPClientError) -> StreamEnd in
                try withBody(of: request) { (body) throws(HTTPClientError) -> StreamEnd in
                    let transfer = try Transfer(
                        request,
                        configuration,
                        body: body,
                        timeout: timeout,
                        onHead: onHead,
                        onBytes: onBytes
                    )
                    return try drive(transfer, onTick, waker)
                }
            }
        }
    }

    private func withBody(
        of request: HTTPClientRequest,
        _ use: (UnsafeRawBufferPointer?) throws(HTTPClientError) -> StreamEnd
    ) throws(HTTPClientError) -> StreamEnd {
        guard let body = request.body else { return try use(nil) }
        return try body.withUnsafeBytes { bytes in Result { () throws(HTTPClientError) in try use(bytes) } }.get()
    }

    /// The loop of libcurl-multi(3): perform, ask the tick, wait for the network or a waker.
    private func drive(
        _ transfer: Transfer,
        _ onTick: () throws -> StreamVerdict,
        _ waker: StreamWaker?
    ) throws(HTTPClientError) -> StreamEnd {
        try check(curl_multi_add_handle(multi, transfer.easy), transfer)
        // Removing a handle whose answer is not whole closes its connection.
        defer { curl_multi_remove_handle(multi, transfer.easy) }
        waker?.attach(multi)
        defer { waker?.detach() }
        let tick = waker == nil ? Self.tickMillisecondsWithoutWaker : Self.tickMilliseconds
        while true {
            if try ask(onTick, transfer) == .stop { return .stopped }
            transfer.tookBytes = false
            var running: CInt = 0
            try check(curl_multi_perform(multi, &running), transfer)
            if let result = takeResult() {
                guard result == CURLE_OK else { throw transfer.error(result) }
                return .serverClosed
            }
            // While bytes keep coming there is more to read at once, and the wait would be a system call for nothing.
            if !transfer.tookBytes {
                try check(curl_multi_poll(multi, nil, 0, tick, nil), transfer)
            }
        }
    }

    private func ask(
        _ onTick: () throws -> StreamVerdict,
        _ transfer: Transfer
    ) throws(HTTPClientError) -> StreamVerdict {
        do {
            return try onTick()
        } catch {
            throw HTTPClientError(
                code: .refusedByCaller,
                message: "\(transfer.request.displayURL) was ended: \(error)",
                cause: error
            )
        }
    }

    /// The result of the one transfer, once it is over.
    private func takeResult() -> CURLcode? {
        var left: CInt = 0
        var result = CURLE_OK
        while let message = curl_multi_info_read(multi, &left) {
            if reprise_curl_done_result(message, &result) != 0 { return result }
        }
        return nil
    }

    private func check(_ code: CURLMcode, _ transfer: Transfer) throws(HTTPClientError) {
        guard code == CURLM_OK else {
            throw HTTPClientError(
                code: .other,
                curlCode: Int(code.rawValue),
                message: "\(transfer.request.displayURL): \(String(cString: curl_multi_strerror(code)))"
            )
        }
    }
}

/// curl_global_init(3) runs once, before the first handle.
private let isLibraryReady = reprise_curl_global_init() == CURLE_OK
