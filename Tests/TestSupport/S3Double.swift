internal import Foundation
internal import Synchronization

/// A bucket in memory that knows uploads in parts and objects that are written once, and makes requests fail by seed.
public final class S3Double: Sendable {
    /// What it holds and has done.
    public struct State: Sendable {
        /// Objects by key.
        public var objects: [String: [UInt8]] = [:]
        /// Checksums of objects that were put whole.
        public var checksums: [String: String] = [:]
        /// Uploads that are neither completed nor ended, by their id.
        public var uploads: [String: Upload] = [:]
        /// Requests, by what became of them.
        public var calls: [String: Int] = [:]
        /// Heads of all requests.
        public var heads: [String] = []
        var random: SeededRandom
    }

    /// An upload in parts.
    public struct Upload: Sendable {
        /// The object's key.
        public let key: String
        var parts: [Int: [UInt8]] = [:]

        /// Begins one.
        public init(key: String) { self.key = key }
    }

    /// The server.
    public let server: ScriptedServer
    private let shared: Shared

    private final class Shared: Sendable {
        let state: Mutex<State>
        init(_ state: State) { self.state = Mutex(state) }
    }

    /// Starts one.
    ///
    /// - Parameters:
    ///   - faults: of a hundred requests, how many fail.
    ///   - answer: answers a request by its first line in another way; nil lets it be done.
    public init(
        seed: UInt64 = 1,
        faults: Int = 0,
        answer: @escaping @Sendable (String, ScriptedServer.Connection) -> Bool = { _, _ in false }
    ) {
        let shared = Shared(State(random: SeededRandom(seed: seed)))
        self.shared = shared
        server = ScriptedServer { connection in
            let head = connection.request.components(separatedBy: "\r\n\r\n").first ?? ""
            let line = head.components(separatedBy: "\r\n").first ?? ""
            let fault = shared.state.withLock { state -> Int? in
                state.heads.append(head)
                guard Int.random(in: 0..<100, using: &state.random) < faults else { return nil }
                return Int.random(in: 0..<6, using: &state.random)
            }
            if answer(line, connection) { return }
            let request = S3Exchange(head, connection.body)
            func done() -> S3Exchange.Answer { shared.state.withLock { request.serve(&$0) } }
            func note(_ what: String) { shared.state.withLock { $0.calls[what, default: 0] += 1 } }
            switch fault {
            case 0:
                note("throttled")
                S3Exchange.Answer.error("503 Slow Down", "SlowDown").send(connection)
            case 1:
                note("failed")
                S3Exchange.Answer.error("500 Oops", "InternalError").send(connection)
            case 2:
                note("conflict")
                S3Exchange.Answer.error("409 Conflict", "ConditionalRequestConflict").send(connection)
            case 3:
                note("reset before")
                connection.reset()
            case 4:
                note("lost")
                _ = done()
                connection.reset()
            case 5 where line.hasPrefix("HEAD"):
                // An answer without a body cannot be half of one.
                note("reset before")
                connection.reset()
            case 5:
                note("truncated")
                _ = done()
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<half")
            default:
                note("done")
                done().send(connection)
            }
        }
    }

    deinit { server.stop() }

    /// What it holds now.
    public var state: State { shared.state.withLock { $0 } }

    /// Changes what it holds.
    public func change(_ body: @Sendable (inout State) -> Void) { shared.state.withLock { body(&$0) } }
}

/// One request, and what S3 would answer.
private struct S3Exchange {
    struct Answer {
        var status = "200 OK"
        var fields = ""
        var body: [UInt8] = []
        /// Of an answer without its body.
        var length: Int?

        static func error(_ status: String, _ code: String) -> Answer {
            Answer(status: status, body: Array("<Error><Code>\(code)</Code><Message>no</Message></Error>".utf8))
        }

        func send(_ connection: ScriptedServer.Connection) {
            let head =
                "HTTP/1.1 \(status)\r\n\(fields)Connection: close\r\nContent-Length: \(length ?? body.count)\r\n\r\n"
            connection.send(Array(head.utf8) + (length == nil ? body : []))
        }
    }

    private let method: String
    private let key: String
    private var query: [String: String] = [:]
    private var fields: [String: String] = [:]
    private let body: [UInt8]

    init(_ head: String, _ body: [UInt8]) {
        self.body = body
        let lines = head.components(separatedBy: "\r\n")
        let words = lines[0].components(separatedBy: " ")
        method = words[0]
        let target = (words.count > 1 ? words[1] : "/").components(separatedBy: "?")
        let path = target[0].removingPercentEncoding ?? ""
        key = path.split(separator: "/", maxSplits: 1).dropFirst().first.map(String.init) ?? ""
        for pair in target.dropFirst().first?.components(separatedBy: "&") ?? [] {
            let parts = pair.components(separatedBy: "=")
            query[parts[0]] = parts.dropFirst().first?.removingPercentEncoding ?? ""
        }
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            fields[line[..<colon].lowercased()] = value
        }
    }

    func serve(_ state: inout S3Double.State) -> Answer {
        let isTaken = fields["if-none-match"] == "*" && state.objects[key] != nil
        switch (method, query["uploadId"], query["uploads"]) {
        case ("GET", nil, .some):
            let prefix = query["prefix"] ?? ""
            let entries = state.uploads.filter { $0.value.key.hasPrefix(prefix) }.map {
                "<Upload><Key>\($0.value.key)</Key><UploadId>\($0.key)</UploadId></Upload>"
            }
            return Answer(body: Array("<R><Bucket>b</Bucket>\(entries.joined())</R>".utf8))
        case ("POST", nil, .some):
            let id = "id-\(state.heads.count)"
            state.uploads[id] = S3Double.Upload(key: key)
            return Answer(body: Array("<R><UploadId>\(id)</UploadId></R>".utf8))
        case ("PUT", let id?, _):
            guard state.uploads[id] != nil else { return .error("404 Not Found", "NoSuchUpload") }
            state.uploads[id]?.parts[Int(query["partNumber"] ?? "") ?? 0] = body
            return Answer(fields: "ETag: \"part\"\r\n")
        case ("POST", let id?, _):
            guard let upload = state.uploads[id] else { return .error("404 Not Found", "NoSuchUpload") }
            if isTaken { return .error("412 Precondition Failed", "PreconditionFailed") }
            state.uploads[id] = nil
            state.objects[key] = upload.parts.keys.sorted().flatMap { upload.parts[$0] ?? [] }
            state.checksums[key] = nil
            return Answer(body: Array("<R><ETag>whole</ETag></R>".utf8))
        case ("DELETE", let id?, _):
            state.uploads[id] = nil
            return Answer(status: "204 No Content")
        case ("PUT", nil, _):
            if isTaken { return .error("412 Precondition Failed", "PreconditionFailed") }
            state.objects[key] = body
            state.checksums[key] = fields["x-amz-checksum-sha256"]
            return Answer(fields: "ETag: \"whole\"\r\n")
        default: return read(state)
        }
    }

    private func read(_ state: S3Double.State) -> Answer {
        guard let object = state.objects[key] else { return .error("404 Not Found", "NoSuchKey") }
        if method == "HEAD" {
            let checksum = state.checksums[key].map { "x-amz-checksum-sha256: \($0)\r\n" } ?? ""
            return Answer(fields: checksum, length: object.count)
        }
        let range = (fields["range"] ?? "bytes=0-").dropFirst(6).split(separator: "-").compactMap { Int($0) }
        let first = min(range.first ?? 0, object.count)
        let last = min(range.count > 1 ? range[1] : object.count - 1, object.count - 1)
        return Answer(status: "206 Partial Content", body: Array(object[first..<max(first, last + 1)]))
    }
}
