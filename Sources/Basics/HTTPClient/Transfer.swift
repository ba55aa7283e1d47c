internal import CCurl

/// One request on its way: the easy handle, and where its callbacks lead.
///
/// The callbacks hold an unretained pointer to this object, which owns the handle and outlives it.
final class Transfer {
    let request: HTTPClientRequest
    let easy: UnsafeMutableRawPointer
    /// What a closure of the caller threw, or why a head was refused; set at most once.
    private(set) var failure: HTTPClientError?
    /// Bytes came since the flag was last cleared.
    var tookBytes = false

    private let onHead: (HTTPHead) throws -> Void
    private let onBytes: (UnsafeRawBufferPointer) throws -> Void
    private let filter: SecretFilter
    private var parser = HeadParser()
    private var headIsDone = false
    /// Bytes of heads and trailers so far.
    private var headByteCount = 0
    /// The most bytes of heads and trailers together.
    static let headByteLimit = 64 * 1024
    private var hasLeft = false
    private var fields: UnsafeMutablePointer<curl_slist>?
    private let errorText: UnsafeMutablePointer<CChar>

    /// - Parameter body: the request's body, valid for as long as this object lives.
    init(
        _ request: HTTPClientRequest,
        _ configuration: HTTPClientConfiguration,
        body: UnsafeRawBufferPointer?,
        timeout: Duration?,
        onHead: @escaping (HTTPHead) throws -> Void,
        onBytes: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws(HTTPClientError) {
        try request.checkForBreaks()
        guard let easy = curl_easy_init() else {
            throw HTTPClientError(code: .other, message: "libcurl gave no handle; the machine is out of memory")
        }
        self.request = request
        self.easy = easy
        filter = SecretFilter((request.authorization.map { [$0] } ?? []) + (configuration.proxy?.secrets ?? []))
        self.onHead = onHead
        self.onBytes = onBytes
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        set(configuration, timeout)
        try setRequest(body)
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(fields)
        errorText.deallocate()
    }

    /// The error for a result that libcurl reports; a closure's own error comes first.
    func error(_ result: CURLcode) -> HTTPClientError {
        if let failure { return failure }
        // Several of libcurl's texts repeat what the server or the proxy sent.
        return .curl(result, detail: filter.blottedOut(of: String(cString: errorText)), request: request)
    }

    // MARK: - Callbacks

    /// Whether the request may be sent on the connection that libcurl has chosen.
    fileprivate func mayLeave() -> Bool {
        defer { hasLeft = true }
        guard request.isSentOnce, hasLeft else { return true }
        failure = HTTPClientError(
            code: .cut,
            message: "\(request.method) \(request.displayURL): the connection was closed before an answer came"
        )
        return false
    }

    /// Takes one delivery; anything but its size makes libcurl end the transfer.
    fileprivate func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        tookBytes = true
        do {
            if !bytes.isEmpty { try onBytes(bytes) }
            return bytes.count
        } catch {
            return refuse(error)
        }
    }

    fileprivate func receiveHeader(_ line: UnsafeRawBufferPointer) -> Int {
        headByteCount += line.count
        // The trailers of a chunked body come through here too, and may never end.
        guard headByteCount <= Self.headByteLimit else { return tooLarge() }
        guard !headIsDone else { return line.count }
        switch filter.blottedOut(of: Array(line)).withUnsafeBytes({ parser.take($0) }) {
        case .more:
            return line.count
        case .complete(let head):
            headIsDone = true
            tookBytes = true
            do {
                try onHead(head)
                return line.count
            } catch {
                return refuse(error)
            }
        case .tooManyFields: return tooLarge()
        }
    }

    private func tooLarge() -> Int {
        failure = HTTPClientError(
            code: .tooLarge,
            message:
                "\(request.method) \(request.displayURL): head and trailers of the response exceed \(Self.headByteLimit) bytes "
                + "or \(HeadParser.fieldLimit) fields"
        )
        return 0
    }

    /// Callbacks of C cannot throw: the error waits here, and a short count ends the transfer.
    private func refuse(_ error: any Error) -> Int {
        failure =
            error as? HTTPClientError
            ?? HTTPClientError(
                code: .refusedByCaller,
                message: "\(request.method) \(request.displayURL) was ended: \(error)",
                cause: error
            )
        // 0 equals the size of an empty delivery, but those are never handed on.
        return 0
    }

    // MARK: - Options, curl_easy_setopt(3)

    private func set(_ configuration: HTTPClientConfiguration, _ timeout: Duration?) {
        set(CURLOPT_ERRORBUFFER, pointer: errorText)
        set(CURLOPT_NOSIGNAL, 1)
        // A stop must not wait for a name server that is silent: CURLOPT_QUICK_EXIT(3).
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        // Redirects stay answers: following one could carry the token to another host.
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        set(CURLOPT_TCP_NODELAY, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_BUFFERSIZE, configuration.bufferByteLimit)
        set(CURLOPT_CONNECTTIMEOUT_MS, configuration.connectTimeout.wholeMilliseconds)
        if let timeout { set(CURLOPT_TIMEOUT_MS, timeout.wholeMilliseconds) }
        set(CURLOPT_USERAGENT, configuration.userAgent)
        // An empty text keeps libcurl from asking the environment.
        set(CURLOPT_PROXY, configuration.proxy?.url ?? "")
        set(CURLOPT_NOPROXY, configuration.proxy?.exemptions ?? "")
        if let username = configuration.proxy?.username { set(CURLOPT_PROXYUSERNAME, username.reveal()) }
        if let password = configuration.proxy?.password { set(CURLOPT_PROXYPASSWORD, password.reveal()) }
        // The system's folder of certificates stays in use beside this file.
        if let file = configuration.caFile { set(CURLOPT_CAINFO, file) }

        let context = Unmanaged.passUnretained(self).toOpaque()
        _ = reprise_curl_set_callback(easy, CURLOPT_WRITEFUNCTION, bodyCallback)
        set(CURLOPT_WRITEDATA, pointer: context)
        _ = reprise_curl_set_callback(easy, CURLOPT_HEADERFUNCTION, headerCallback)
        set(CURLOPT_HEADERDATA, pointer: context)
        _ = reprise_curl_set_prereq(easy, requestCallback)
        set(CURLOPT_PREREQDATA, pointer: context)
    }

    private func setRequest(_ body: UnsafeRawBufferPointer?) throws(HTTPClientError) {
        guard set(CURLOPT_URL, request.url) == CURLE_OK else {
            throw .curl(CURLE_URL_MALFORMAT, detail: "", request: request)
        }
        set(CURLOPT_CUSTOMREQUEST, request.method)
        if request.method == "HEAD" { set(CURLOPT_NOBODY, 1) }
        if body != nil || request.method == "POST" {
            // Not copied: bodies of megabytes would stand twice in memory. An empty one needs some pointer too.
            let start = body?.baseAddress.flatMap { body?.isEmpty == true ? nil : $0 } ?? UnsafeRawPointer(errorText)
            _ = reprise_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body?.count ?? 0))
            set(CURLOPT_POSTFIELDS, pointer: UnsafeMutableRawPointer(mutating: start))
            // Each piece wakes the other side up: with 64 KiB, as libcurl has it, 2 MB bodies cost a twentieth more.
            if let body, body.count > 64 << 10 { set(CURLOPT_UPLOAD_BUFFERSIZE, 512 << 10) }
            append(field: "Expect:")
        }
        for field in request.headers { append(field: "\(field.name): \(field.value)") }
        if let authorization = request.authorization { append(field: "Authorization: \(authorization.reveal())") }
        _ = reprise_curl_set_list(easy, CURLOPT_HTTPHEADER, fields)
    }

    private func append(field: String) {
        if let longer = curl_slist_append(fields, field) { fields = longer }
    }

    private func set(_ option: CURLoption, _ value: Int) {
        _ = reprise_curl_set_long(easy, option, value)
    }

    @discardableResult
    private func set(_ option: CURLoption, _ value: String) -> CURLcode {
        reprise_curl_set_string(easy, option, value)
    }

    private func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer) {
        _ = reprise_curl_set_pointer(easy, option, pointer)
    }
}

private let bodyCallback: curl_write_callback = { bytes, size, count, context in
    guard let context else { return 0 }
    return Unmanaged<Transfer>.fromOpaque(context)._withUnsafeGuaranteedRef {
        $0.receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
}

private let requestCallback: curl_prereq_callback = { context, _, _, _, _ in
    guard let context else { return CURL_PREREQFUNC_ABORT }
    return Unmanaged<Transfer>.fromOpaque(context)._withUnsafeGuaranteedRef {
        $0.mayLeave() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
    }
}

private let headerCallback: curl_write_callback = { bytes, size, count, context in
    guard let context else { return 0 }
    return Unmanaged<Transfer>.fromOpaque(context)._withUnsafeGuaranteedRef {
        $0.receiveHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
}

extension HTTPClientRequest {
    /// Refuses line breaks and NULs, with which a value could add fields of its own.
    fileprivate func checkForBreaks() throws(HTTPClientError) {
        func isBad(_ text: String) -> Bool { text.utf8.contains { $0 == 13 || $0 == 10 || $0 == 0 } }
        let isWrong =
            isBad(url) || isBad(method) || headers.contains { isBad($0.name) || isBad($0.value) || $0.name.isEmpty }
            || (authorization.map { isBad($0.reveal()) } ?? false)
        guard !isWrong else {
            throw HTTPClientError(
                code: .invalidRequest,
                message: "\(method) \(displayURL) was not sent: a line break in its URL, header or token; remove it"
            )
        }
    }
}

extension Duration {
    /// Milliseconds for libcurl, at least 1: 0 would mean its own default.
    fileprivate var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return max(1, Int(min(seconds, 1_000_000) * 1_000 + attoseconds / 1_000_000_000_000_000))
    }
}
