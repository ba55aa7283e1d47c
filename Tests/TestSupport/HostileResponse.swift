internal import Compression
internal import Synchronization

/// A response that no honest server gives: without end, or against the protocol.
public struct HostileResponse: Sendable, CustomStringConvertible {
    /// What is wrong with it.
    public let name: String
    /// Whether a client can know it for an error at once, without a time limit.
    public let isRefused: Bool
    private let send: @Sendable (Outlet) -> Void

    /// The name.
    public var description: String { name }

    /// Where a response goes: a connection, until the client is gone or the time is up.
    public struct Outlet {
        fileprivate let connection: ScriptedServer.Connection
        fileprivate let end: ContinuousClock.Instant
        fileprivate let counter: ByteCounter

        /// Sends text; false once there is no reason to go on.
        @discardableResult
        func send(_ text: String) -> Bool { send(Array(text.utf8)) }

        @discardableResult
        func send(_ bytes: [UInt8]) -> Bool {
            guard ContinuousClock.now < end, connection.send(bytes) else { return false }
            counter.add(bytes.count)
            return true
        }

        /// Sends something again and again, without end.
        func pour(_ text: String, every milliseconds: Int = 0) { pour(Array(text.utf8), every: milliseconds) }

        func pour(_ bytes: [UInt8], every milliseconds: Int = 0) {
            // In pieces of some size, or the sender is what holds it up.
            let copies = milliseconds > 0 ? 1 : max(1, 32_768 / max(1, bytes.count))
            let piece = Array(repeatElement(bytes, count: copies).joined())
            while send(piece) {
                if milliseconds > 0 { sleepMilliseconds(milliseconds) }
            }
        }

        /// Waits for the client to leave.
        func hold() {
            while ContinuousClock.now < end { connection.hold(seconds: 0.05) }
        }
    }

    /// Counts what was sent, from any thread.
    public final class ByteCounter: Sendable {
        private let count = Mutex(0)

        /// Makes a counter that stands at 0.
        public init() {}

        /// How many bytes were sent so far.
        public var value: Int { count.withLock { $0 } }

        fileprivate func add(_ bytes: Int) { count.withLock { $0 += bytes } }
    }

    /// Sends it on a connection, for so long at most.
    public func run(on connection: ScriptedServer.Connection, for limit: Duration, counting counter: ByteCounter) {
        send(Outlet(connection: connection, end: .now + limit, counter: counter))
    }

    fileprivate init(_ name: String, isRefused: Bool = false, _ send: @escaping @Sendable (Outlet) -> Void) {
        self.name = name
        self.isRefused = isRefused
        self.send = send
    }
}

extension HostileResponse {
    private static let ok = "HTTP/1.1 200 OK\r\n"
    private static let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    private static let post = "{\"data\":{\"id\":\"1\"}}\r\n"
    private static let block = String(repeating: "a", count: 16_384)

    /// All of them.
    public static let all = heads + trailers + chunks + redirects + encodings + bodies

    private static let heads = [
        HostileResponse("fields without end", isRefused: true) { out in
            out.send(ok)
            out.pour("X: y\r\n")
        },
        HostileResponse("a field without end", isRefused: true) { out in
            out.send(ok + "X: ")
            out.pour(block)
        },
        HostileResponse("a status line without end", isRefused: true) { out in
            out.send("HTTP/1.1 200 ")
            out.pour(block)
        },
        HostileResponse("100 Continue without end", isRefused: true) { $0.pour("HTTP/1.1 100 Continue\r\n\r\n") },
        HostileResponse("103 Early Hints without end", isRefused: true) {
            $0.pour("HTTP/1.1 103 Early\r\nX: y\r\n\r\n")
        },
        HostileResponse("lines without a colon, without end", isRefused: true) { out in
            out.send(ok)
            out.pour("no colon\r\n")
        },
        HostileResponse("folded lines without end", isRefused: true) { out in
            out.send(ok + "X: y\r\n")
            out.pour("  more\r\n")
        },
        HostileResponse("a NUL in a field", isRefused: true) { $0.send(Array((ok + "X: \0y\r\n\r\n").utf8)) },
        HostileResponse("cookies without end", isRefused: true) { out in
            out.send(ok)
            out.pour("Set-Cookie: a=\(block.prefix(4_000))\r\n")
        },
        HostileResponse("zeros instead of HTTP", isRefused: true) { $0.pour([UInt8](repeating: 0, count: 16_384)) },
        HostileResponse("HTTP/0.9") { $0.pour("hello\n") },
        HostileResponse("HTTP/2 frames", isRefused: true) { $0.pour([0, 0, 0, 4, 0, 0, 0, 0, 0]) },
        HostileResponse("a head in drops") { $0.pour("H", every: 20) },
        HostileResponse("a status of five digits") { out in
            out.send("HTTP/1.1 20000 OK\r\n\r\n")
            out.hold()
        },
        HostileResponse("101 Switching Protocols") { out in
            out.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
            out.pour("X: y\r\n")
        },
        HostileResponse("two lengths") { out in
            out.send(ok + "Content-Length: 5\r\nContent-Length: 7000000\r\n\r\n")
            out.pour(block)
        },
        HostileResponse("a negative length", isRefused: true) { $0.send(ok + "Content-Length: -1\r\n\r\n") },
        HostileResponse("a length of 2^63", isRefused: false) { out in
            out.send(ok + "Content-Length: 9223372036854775808\r\n\r\n")
            out.pour(block)
        },
    ]

    private static let trailers = [
        HostileResponse("trailers without end", isRefused: true) { out in
            out.send(chunked + "16\r\n\(post)\r\n0\r\n")
            out.pour("X: y\r\n")
        },
        HostileResponse("a trailer without end", isRefused: true) { out in
            out.send(chunked + "0\r\nX: ")
            out.pour(block)
        },
        HostileResponse("trailers in drops") { out in
            out.send(chunked + "0\r\n")
            out.pour("X: y\r\n", every: 20)
        },
    ]

    private static let chunks = [
        HostileResponse("a chunk of 2^64 bytes", isRefused: true) { out in
            out.send(chunked + "10000000000000000\r\n")
            out.pour(block)
        },
        HostileResponse("a chunk of 2^63 bytes") { out in
            out.send(chunked + "7FFFFFFFFFFFFFFF\r\n")
            out.pour(block)
        },
        HostileResponse("a chunk's size without end", isRefused: true) { out in
            out.send(chunked)
            out.pour("0")
        },
        HostileResponse("a chunk's extension without end") { out in
            out.send(chunked + "1;a=")
            out.pour(block)
        },
        HostileResponse("a chunk's size that is no number", isRefused: true) { $0.send(chunked + "nothing\r\n") },
        HostileResponse("chunks of one byte without end") { out in
            out.send(chunked)
            out.pour("1\r\na\r\n")
        },
        HostileResponse("chunks longer than their size", isRefused: true) { out in
            out.send(chunked)
            out.pour("1\r\nabc\r\n")
        },
        HostileResponse("line ends instead of chunks", isRefused: true) { out in
            out.send(chunked)
            out.pour("\r\n")
        },
    ]

    private static let redirects = [
        HostileResponse("a redirect to a file") { out in
            out.send("HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n")
        },
        HostileResponse("a redirect to nowhere, long") { out in
            out.send("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\(block)\r\nContent-Length: 0\r\n\r\n")
        },
        HostileResponse("a redirect with a body without end") { out in
            out.send("HTTP/1.1 307 Again\r\nLocation: /\r\n\r\n")
            out.pour(block)
        },
    ]

    private static let encodings = [
        HostileResponse("zeros said to be gzip") { out in
            out.send(ok + "Content-Encoding: gzip\r\n\r\n")
            out.pour([UInt8](repeating: 0, count: 16_384))
        },
        HostileResponse("transfer encodings by the dozen") { out in
            out.send(
                ok
                    + "Transfer-Encoding: \(Array(repeating: "gzip", count: 40).joined(separator: ", ")), chunked\r\n\r\n"
            )
            out.pour("5\r\nabcde\r\n")
        },
        HostileResponse("an unknown transfer encoding") { out in
            out.send(ok + "Transfer-Encoding: rot13\r\n\r\n")
            out.pour(block)
        },
        // 32 MiB of zeros in 32 KiB.
        HostileResponse("a bomb of gzip") { out in
            var bomb: [UInt8] = []
            let zeros = [UInt8](repeating: 0, count: 32 << 20)
            guard var encoder = try? GzipEncoder() else { return }
            guard (try? zeros.withUnsafeBytes { try encoder.encode($0, into: &bomb) }) != nil else { return }
            out.send(ok + "Transfer-Encoding: gzip, chunked\r\n\r\n\(String(bomb.count, radix: 16))\r\n")
            out.send(bomb + [13, 10])
            out.hold()
        },
    ]

    private static let bodies = [
        HostileResponse("a line without end") { out in
            out.send(chunked)
            out.pour("4000\r\n\(block)\r\n", every: 1)
        },
        HostileResponse("keep-alives without end") { out in
            out.send(chunked)
            out.pour("2\r\n\r\n\r\n", every: 1)
        },
        HostileResponse("a refusal without end") { out in
            out.send("HTTP/1.1 500 No\r\n\r\n")
            out.pour(block)
        },
        HostileResponse("a 204 with a body") { out in
            out.send("HTTP/1.1 204 No Content\r\n\r\n")
            out.pour(block)
        },
        HostileResponse("JSON nested without end") { out in
            out.send(chunked)
            out.pour("4000\r\n\(String(repeating: "[", count: 16_384))\r\n", every: 1)
        },
        HostileResponse("silence", isRefused: false) { $0.hold() },
    ]
}
