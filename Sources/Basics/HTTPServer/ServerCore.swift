internal import CMicroHTTPD
internal import Glibc

/// What the C callbacks need: they get it as a pointer, and the server keeps it alive.
final class ServerCore: Sendable {
    let limits: HTTPServerLimits
    let watcher: StreamWatcher
    let connections: ConnectionTable
    let checksHost: Bool
    let names: Set<String>
    let handler: @Sendable (HTTPRequest) -> HTTPResponse

    init(
        limits: HTTPServerLimits,
        watcher: StreamWatcher,
        connections: ConnectionTable,
        checksHost: Bool,
        names: Set<String>,
        handler: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) {
        self.limits = limits
        self.watcher = watcher
        self.connections = connections
        self.checksHost = checksHost
        self.names = names
        self.handler = handler
    }

    /// One call of libmicrohttpd's access handler: once with the headers, then for each piece of the body, then at its end.
    func step(
        _ connection: OpaquePointer,
        _ context: RequestContext,
        method: String,
        upload: UnsafePointer<CChar>?,
        size: UnsafeMutablePointer<Int>
    ) -> MHD_Result {
        if !context.hasHead {
            context.readHead(connection, method: method)
            connections.set(connection, .body)
            if let refusal = refusal(of: context) {
                return queue(refusal, to: context, on: connection)
            }
            return .YES
        }
        if size.pointee > 0, let upload {
            defer { size.pointee = 0 }
            let bytes = UnsafeRawBufferPointer(start: upload, count: size.pointee)
            return context.append(bytes, limit: limits.bodyByteLimit) ? .YES : .NO
        }
        guard !context.isTooLong else { return queue(Self.tooLong, to: context, on: connection) }
        return queue(handler(context.request), to: context, on: connection)
    }

    // MARK: - Internal

    private static let tooLong = HTTPResponse.closing("The request's body is too long.\n", status: 413)

    /// What can be refused before the body is read.
    private func refusal(of context: RequestContext) -> HTTPResponse? {
        if context.headByteCount > limits.headerByteLimit {
            return .closing("The request's headers are too long.\n", status: 431)
        }
        if checksHost, !HostNames.isAllowed(context.header("host"), alsoAllowing: names) {
            return .closing("This server answers to loopback names only.\n", status: 421)
        }
        if let length = context.header("content-length").flatMap({ Int($0) }), length > limits.bodyByteLimit {
            return Self.tooLong
        }
        return nil
    }

    private func queue(
        _ answer: HTTPResponse,
        to context: RequestContext,
        on connection: OpaquePointer
    ) -> MHD_Result {
        var answer = answer
        if case .stream(let body) = answer.body, !answer.isWellFormed || context.isHead {
            // libmicrohttpd 0.9.75 would answer HEAD with the last, empty chunk of a streamed body.
            body.closed()
            answer.body = .bytes([])
        }
        if !answer.isWellFormed {
            answer = .text("The server made an answer that cannot be sent.\n", status: 500)
        }
        let response: OpaquePointer?
        switch answer.body {
        case .bytes(let bytes):
            connections.set(connection, .response)
            response = bytes.withUnsafeBytes {
                MHD_create_response_from_buffer(
                    $0.count,
                    UnsafeMutableRawPointer(mutating: $0.baseAddress),
                    .RESPMEM_MUST_COPY
                )
            }
        case .stream(let body):
            connections.set(connection, .stream)
            response = stream(body, on: connection)
        }
        guard let response else { return .NO }
        defer { MHD_destroy_response(response) }
        for (name, value) in answer.headers {
            MHD_add_response_header(response, name, value)
        }
        return MHD_queue_response(connection, UInt32(answer.status), response)
    }

    private func stream(_ body: any HTTPBody, on connection: OpaquePointer) -> OpaquePointer? {
        let watcher = watcher
        let control = HTTPStreamControl(
            connection: ConnectionHandle(pointer: connection),
            body: body,
            chunkByteLimit: limits.chunkByteLimit
        ) { watcher.watch($0, $1, wakeAfter: $2) }
        guard watcher.register(control) else {
            control.close()
            return nil
        }
        reprise_mhd_set_timeout(connection, seconds(limits.stalledReaderTimeout))
        // libmicrohttpd owns this reference; streamReleased gives it back.
        let pointer = Unmanaged.passRetained(StreamContext(control: control, watcher: watcher)).toOpaque()
        let response = reprise_mhd_stream(limits.chunkByteLimit, readStream, pointer, releaseStream)
        if response == nil { releaseStream(pointer) }
        return response
    }
}

/// What a streamed answer's callbacks get.
final class StreamContext: Sendable {
    let control: HTTPStreamControl
    let watcher: StreamWatcher

    init(control: HTTPStreamControl, watcher: StreamWatcher) {
        self.control = control
        self.watcher = watcher
    }
}

/// MHD_ContentReaderCallback.
let readStream: MHD_ContentReaderCallback = { pointer, _, buffer, size in
    guard let pointer, let buffer else { return reprise_mhd_end_with_error() }
    let context = Unmanaged<StreamContext>.fromOpaque(pointer).takeUnretainedValue()
    return context.control.next(into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
}

/// MHD_ContentReaderFreeCallback: called exactly once, before the connection's memory goes.
let releaseStream: @convention(c) (UnsafeMutableRawPointer?) -> Void = { pointer in
    guard let pointer else { return }
    let context = Unmanaged<StreamContext>.fromOpaque(pointer).takeRetainedValue()
    context.watcher.forget(context.control)
    context.control.close()
}
