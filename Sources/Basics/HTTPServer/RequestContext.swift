internal import CMicroHTTPD

/// A request while it is read; used on the server's thread only.
final class RequestContext {
    private let target: String
    private var method = ""
    private var headers: [(String, String)] = []
    private var body: [UInt8] = []
    private var discardedByteCount = 0
    private var remote = ""
    private var client = ""
    private(set) var hasHead = false

    init(target: String) {
        self.target = target
    }

    var isHead: Bool { method == "HEAD" }

    var isTooLong: Bool { discardedByteCount > 0 }

    var headByteCount: Int {
        headers.reduce(method.utf8.count + target.utf8.count) { $0 + $1.0.utf8.count + $1.1.utf8.count + 4 }
    }

    var request: HTTPRequest {
        HTTPRequest(method: method, target: target, headers: headers, body: body, remote: remote, client: client)
    }

    func header(_ name: String) -> String? {
        headers.first { $0.0.lowercased() == name }?.1
    }

    func readHead(_ connection: OpaquePointer, method: String) {
        hasHead = true
        self.method = method
        if let peer = reprise_mhd_peer(connection), let (address, port) = numeric(peer) {
            client = clientName(peer)
            remote = (address.contains(":") ? "[\(address)]" : address) + ":\(port)"
        }
        MHD_get_connection_values(
            connection,
            .HEADER_KIND,
            { pointer, _, name, value in
                guard let pointer, let name else { return .YES }
                let context = Unmanaged<RequestContext>.fromOpaque(pointer).takeUnretainedValue()
                context.headers.append((String(cString: name), value.map { String(cString: $0) } ?? ""))
                return .YES
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
    }

    /// Keeps a piece of the body; false where the client sends so much more than allowed that hearing it out to answer 413
    /// is not worth it.
    func append(_ bytes: UnsafeRawBufferPointer, limit: Int) -> Bool {
        guard discardedByteCount == 0, body.count + bytes.count <= limit else {
            body = []
            discardedByteCount += bytes.count
            return discardedByteCount <= max(limit, 1 << 20)
        }
        body.append(contentsOf: bytes)
        return true
    }
}

/// Called first for each request, with the target as it was sent; its answer is the request's context.
let requestTarget:
    @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?) -> UnsafeMutableRawPointer? = {
        _,
        target,
        _ in
        // requestCompleted gives this reference back.
        Unmanaged.passRetained(RequestContext(target: target.map { String(cString: $0) } ?? "/")).toOpaque()
    }

/// MHD_AccessHandlerCallback.
let answerRequest: MHD_AccessHandlerCallback = { core, connection, _, method, _, upload, size, context in
    guard let core, let connection, let method, let size, let pointer = context?.pointee else { return .NO }
    return Unmanaged<ServerCore>.fromOpaque(core).takeUnretainedValue().step(
        connection,
        Unmanaged<RequestContext>.fromOpaque(pointer).takeUnretainedValue(),
        method: String(cString: method),
        upload: upload,
        size: size
    )
}

/// MHD_RequestCompletedCallback.
let requestCompleted: MHD_RequestCompletedCallback = { core, connection, context, _ in
    if let core, let connection {
        Unmanaged<ServerCore>.fromOpaque(core).takeUnretainedValue().connections.set(connection, .head)
    }
    guard let context, let pointer = context.pointee else { return }
    Unmanaged<RequestContext>.fromOpaque(pointer).release()
    context.pointee = nil
}
