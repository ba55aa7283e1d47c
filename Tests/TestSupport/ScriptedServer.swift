internal import Glibc
internal import Synchronization

/// A loopback TCP server whose every byte is scripted: for answers that no real HTTP server gives.
///
/// It serves one connection at a time, in order, on a thread of its own; the script gets the request's bytes up to the
/// blank line (and a body of `Content-Length`), then writes, sleeps, resets or returns, which closes the connection.
public final class ScriptedServer: Sendable {
    /// One accepted connection, inside the script.
    public struct Connection: Sendable {
        /// The connection's number, from 1.
        public let number: Int
        /// The request as it came, head and body.
        public let bytes: [UInt8]
        /// The request as text.
        public var request: String { String(decoding: bytes, as: UTF8.self) }
        fileprivate let descriptor: CInt
        fileprivate let server: ScriptedServer

        /// The bytes behind the first blank line.
        public var body: [UInt8] { Array(bytes[(bytes.headEnd ?? bytes.count)...]) }

        /// Reads the next request of a client that keeps the connection; empty where none comes.
        public func nextRequest() -> String { String(decoding: ScriptedServer.readRequest(descriptor), as: UTF8.self) }

        /// Sends bytes; false once the client is gone.
        @discardableResult
        public func send(_ bytes: some Collection<UInt8>) -> Bool {
            Array(bytes).withUnsafeBytes { send(bytes: $0) }
        }

        /// Sends bytes from memory; false once the client is gone.
        @discardableResult
        public func send(bytes: UnsafeRawBufferPointer) -> Bool {
            var sent = 0
            while sent < bytes.count {
                let start = bytes.baseAddress?.advanced(by: sent)
                let count = Glibc.send(descriptor, start, bytes.count - sent, CInt(MSG_NOSIGNAL))
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }

        /// Sends text; false once the client is gone.
        @discardableResult
        public func send(_ text: String) -> Bool { send(text.utf8) }

        /// Sends the head of a chunked answer.
        public func sendStreamHead(status: String = "200 OK", headers: String = "") {
            send("HTTP/1.1 \(status)\r\nContent-Type: application/json\r\n\(headers)Transfer-Encoding: chunked\r\n\r\n")
        }

        /// Sends one chunk of a chunked answer.
        @discardableResult
        public func sendChunk(_ text: String) -> Bool {
            send("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n")
        }

        /// Ends a chunked answer in order.
        public func endStream() { send("0\r\n\r\n") }

        /// Sends a whole answer with a length, after which the client is to close.
        public func answer(status: String, headers: String = "", body: String) {
            send(
                "HTTP/1.1 \(status)\r\n\(headers)Connection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
        }

        /// Makes the close that follows a TCP reset.
        public func reset() {
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        }

        /// Keeps the connection open and silent until the client closes it, the server stops, or the seconds are over.
        public func hold(seconds: Double) {
            var left = Int(seconds * 100)
            while left > 0, !server.isStopped {
                var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                var byte: UInt8 = 0
                if poll(&entry, 1, 10) > 0, recv(descriptor, &byte, 1, CInt(MSG_DONTWAIT)) <= 0 { return }
                left -= 1
            }
        }
    }

    /// The port on 127.0.0.1.
    public let port: UInt16
    private let listener: CInt
    private let stopped = Mutex(false)
    private let accepted = Mutex(0)

    /// Starts to listen on a free port.
    ///
    /// - Parameter script: serves one connection; it runs on the server's thread.
    public init(_ script: @escaping @Sendable (Connection) -> Void) {
        let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        precondition(isListening, "no free port on 127.0.0.1: errno \(errno)")
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(server: self, script: script))
        pthread_create(
            &thread,
            nil,
            { context in
                if let context {
                    let box = Unmanaged<Box>.fromOpaque(context).takeRetainedValue()
                    box.server.serve(box.script)
                }
                return nil
            },
            box.toOpaque()
        )
        pthread_detach(thread)
    }

    /// The address to ask, without a slash at its end.
    public var url: String { "http://127.0.0.1:\(port)" }

    /// How many connections were accepted so far.
    public var connectionCount: Int { accepted.withLock { $0 } }

    /// Stops accepting and ends what is held.
    public func stop() {
        stopped.withLock { $0 = true }
    }

    fileprivate var isStopped: Bool { stopped.withLock { $0 } }

    private func serve(_ script: @Sendable (Connection) -> Void) {
        while !isStopped {
            var entry = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, 20) > 0 else { continue }
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { continue }
            let request = Self.readRequest(descriptor)
            if !request.isEmpty {
                let number = accepted.withLock {
                    $0 += 1
                    return $0
                }
                script(Connection(number: number, bytes: request, descriptor: descriptor, server: self))
            }
            close(descriptor)
        }
        close(listener)
    }

    private static func readRequest(_ descriptor: CInt) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, 2_000) > 0 else { return [] }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return [] }
            bytes += buffer[..<count]
            guard let bodyStart = bytes.headEnd else { continue }
            let length = String(decoding: bytes[..<bodyStart], as: UTF8.self).contentLength
            if bytes.count - bodyStart >= length { return bytes }
        }
    }

    private final class Box: Sendable {
        let server: ScriptedServer
        let script: @Sendable (Connection) -> Void

        init(server: ScriptedServer, script: @escaping @Sendable (Connection) -> Void) {
            self.server = server
            self.script = script
        }
    }
}

extension [UInt8] {
    /// The offset after the first blank line.
    fileprivate var headEnd: Int? {
        guard count >= 4 else { return nil }
        return (4...count).first { self[($0 - 4)..<$0].elementsEqual([13, 10, 13, 10]) }
    }
}

extension String {
    fileprivate var contentLength: Int {
        for line in split(separator: "\r\n") where line.lowercased().hasPrefix("content-length:") {
            return Int(line.dropFirst(15).filter { $0 != " " }) ?? 0
        }
        return 0
    }
}
