import Foundation
import Simulator
import TestSupport
import Testing
import Time

/// A running simulator and raw requests to it.
final class SimulatorFixture {
    static let fields = "attachments,author_id,created_at,lang,public_metrics,referenced_tweets"
    static let streamPath = "/2/tweets/search/stream"

    let simulator: Simulator

    init(clock: WallClock = .system, _ change: (inout SimulatorConfiguration) -> Void = { _ in }) throws {
        var configuration = SimulatorConfiguration()
        configuration.rate = .unlimited
        change(&configuration)
        simulator = try Simulator(configuration, clock: clock)
    }

    deinit {
        simulator.stop()
    }

    /// Connects to the stream and waits for the head of the answer.
    func connect(token: String? = nil, receiveBuffer: Int? = nil) throws -> RawConnection {
        let connection = try #require(RawConnection(port: simulator.port, receiveBuffer: receiveBuffer))
        let headers = token.map { ["Authorization: Bearer \($0)"] } ?? []
        connection.request("\(Self.streamPath)?tweet.fields=\(Self.fields)", headers: headers)
        connection.read { _ in connection.head != nil }
        return connection
    }

    /// Sends a request and reads the whole answer.
    func ask(
        _ target: String,
        method: String = "GET",
        body: String? = nil,
        headers: [String] = []
    ) throws -> (status: Int, head: String, object: [String: Any]) {
        let connection = try #require(RawConnection(port: simulator.port))
        var headers = headers + ["Connection: close"]
        if let body { headers += ["Content-Type: application/json", "Content-Length: \(body.utf8.count)"] }
        connection.request(target, method: method, headers: headers)
        if let body { connection.send(body) }
        connection.read()
        let object = try JSONSerialization.jsonObject(with: Data(connection.rawBody)) as? [String: Any]
        return (try #require(connection.status), connection.head ?? "", try #require(object))
    }

    /// Asks about or changes the rules.
    func rules(
        _ query: String = "",
        method: String = "GET",
        body: String? = nil
    ) throws -> (status: Int, head: String, object: [String: Any]) {
        try ask("\(Self.streamPath)/rules\(query)", method: method, body: body)
    }
}

/// The lines of a stream without their CRLF; a last one without it is left out.
func wholeLines(_ content: [UInt8]) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var rest = content[...]
    while let end = rest.firstIndex(of: 10) {
        lines.append(Array(rest[..<end].dropLast()))
        rest = rest[(end + 1)...]
    }
    return lines
}

/// A folder that goes when the object does.
final class ScratchFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/simulator-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // Nothing can be done about a folder that stays behind.
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ name: String, _ text: String) throws -> String {
        let file = "\(path)/\(name)"
        try text.write(toFile: file, atomically: false, encoding: .utf8)
        return file
    }

    func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
    }
}
