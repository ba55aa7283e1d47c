internal import Glibc

/// A TCP connection to 127.0.0.1 that shows exactly what a server sent and how it ended; no HTTP library in between.
public final class RawConnection {
    /// How a server left a connection.
    public enum End: Equatable {
        /// It is still open.
        case open
        /// The server closed in order (FIN).
        case closed
        /// The server reset it (RST).
        case reset
    }

    private let descriptor: CInt
    /// All bytes that arrived so far.
    public private(set) var received: [UInt8] = []
    /// How it ended, as far as `read` has seen.
    public private(set) var end = End.open

    /// Connects; nil where nobody listens.
    ///
    /// - Parameters:
    ///   - receiveBuffer: the size of the receive buffer in bytes.
    ///   - source: the address to connect from, one of this machine's.
    public init?(port: UInt16, receiveBuffer: Int? = nil, from source: String? = nil) {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        if let receiveBuffer {
            var size = CInt(receiveBuffer)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
        }
        if let source {
            var own = sockaddr_in()
            own.sin_family = sa_family_t(AF_INET)
            inet_pton(AF_INET, source, &own.sin_addr)
            withUnsafeBytes(of: &own) { bytes in
                guard let start = bytes.baseAddress else { return }
                _ = bind(descriptor, start.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
            }
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafeBytes(of: &address) { bytes in
            bytes.baseAddress.map {
                connect(descriptor, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
            }
        }
        guard result == 0 else {
            Glibc.close(descriptor)
            return nil
        }
    }

    deinit {
        Glibc.close(descriptor)
    }

    /// Sends text as it stands.
    public func send(_ text: String) { _ = send(Array(text.utf8), flags: 0) }

    /// Sends as much of the bytes as the server takes now; false once the connection is gone.
    public func offer(_ bytes: [UInt8]) -> Bool { send(bytes, flags: CInt(MSG_DONTWAIT)) }

    private func send(_ bytes: [UInt8], flags: CInt) -> Bool {
        Glibc.send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL) | flags) >= 0 || errno == EAGAIN
    }

    /// Sends a request without a body.
    public func request(_ target: String, method: String = "GET", headers: [String] = []) {
        let lines = ["\(method) \(target) HTTP/1.1", "Host: localhost"] + headers
        send(lines.joined(separator: "\r\n") + "\r\n\r\n")
    }

    /// Reads until a condition on all received bytes holds, the connection ends or the time is up; whether it holds.
    @discardableResult
    public func read(for limit: Duration = .seconds(5), until isEnough: ([UInt8]) -> Bool = { _ in false }) -> Bool {
        let deadline = ContinuousClock.now + limit
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while !isEnough(received) {
            guard end == .open else { return false }
            let left = deadline - ContinuousClock.now
            guard left > .zero else { return false }
            let (seconds, attoseconds) = left.components
            var poller = pollfd(descriptor: descriptor)
            guard poll(&poller, 1, CInt(seconds * 1_000 + attoseconds / 1_000_000_000_000_000) + 1) > 0 else {
                continue
            }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 {
                received.append(contentsOf: buffer[..<count])
            } else {
                end = count == 0 ? .closed : .reset
            }
        }
        return true
    }

    /// The status of the answer; nil before its first line is whole.
    public var status: Int? {
        let parts = String(decoding: received.prefix(16), as: UTF8.self).split(separator: " ")
        return parts.count > 1 ? Int(parts[1]) : nil
    }

    /// The head of the answer with its blank line; nil before it is whole.
    public var head: String? {
        bodyStart.map { String(decoding: received[..<$0], as: UTF8.self) }
    }

    /// What followed the head, as it was sent, chunk sizes included.
    public var rawBody: [UInt8] {
        bodyStart.map { Array(received[$0...]) } ?? []
    }

    /// The content of the chunks that arrived, the last one as far as it came.
    public var chunks: [[UInt8]] {
        var rest = rawBody[...]
        var chunks: [[UInt8]] = []
        while let lineEnd = rest.firstIndex(of: 10) {
            let digits = String(decoding: rest[rest.startIndex..<lineEnd].prefix { $0 != 13 }, as: UTF8.self)
            guard let size = Int(digits, radix: 16), size > 0 else { break }
            let content = rest[(lineEnd + 1)...].prefix(size)
            chunks.append(Array(content))
            rest = rest[(lineEnd + 1)...].dropFirst(size + 2)
        }
        return chunks
    }

    /// The chunks' content in one piece.
    public var content: [UInt8] { Array(chunks.joined()) }

    private var bodyStart: Int? {
        guard received.count >= 4 else { return nil }
        return (4...received.count).first { received[($0 - 4)..<$0].elementsEqual([13, 10, 13, 10]) }
    }
}

extension pollfd {
    fileprivate init(descriptor: CInt) {
        self.init(fd: descriptor, events: Int16(POLLIN), revents: 0)
    }
}
