internal import Foundation
internal import Glibc
internal import HTTPClient
internal import Synchronization
public import Testing
internal import Time

/// A proxy of a test's own between it and a server, which makes faults below HTTP; it ends with the object.
public final class Toxiproxy: Sendable {
    /// A fault that connections get, each with its own chance.
    public struct Toxic: Sendable {
        /// Toxiproxy's name of the fault: `reset_peer`, `timeout`, `limit_data`, `slicer`, `latency`, `bandwidth`.
        public let type: String
        /// What the fault takes: milliseconds, bytes, KB a second.
        public let attributes: [String: Int]
        /// Whether it is what the server sends that is faulty.
        public let isDownstream: Bool

        /// Names a fault.
        public init(_ type: String, _ attributes: [String: Int], isDownstream: Bool = true) {
            self.type = type
            self.attributes = attributes
            self.isDownstream = isDownstream
        }
    }

    /// The proxy's URL, without a slash at its end.
    public let url: String
    private let control: String
    private let input: CInt

    struct Failure: Error, CustomStringConvertible { let description: String }

    /// Starts a proxy in front of a server.
    ///
    /// - Parameters:
    ///   - server: its URL.
    ///   - seed: of the chances.
    public init(to server: String, seed: UInt64) throws {
        let port = try Toxiproxy.freePort()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // Its end is the end of its input, so that it never outlives the test.
        let script = #""$0" -host 127.0.0.1 -port "$1" -seed "$2" >/dev/null 2>&1 & cat >/dev/null; kill $!"#
        process.arguments = ["-c", script, Toxiproxy.program, "\(port)", "\(seed >> 1)"]
        let pipe = Pipe()
        // Kept to ourselves: a program that another test starts would else hold it open.
        input = fcntl(pipe.fileHandleForWriting.fileDescriptor, F_DUPFD_CLOEXEC, 0)
        process.standardInput = pipe
        try process.start()
        try pipe.fileHandleForWriting.close()
        control = "http://127.0.0.1:\(port)"
        let limit = ContinuousClock.now + .seconds(30)
        while (try? Toxiproxy.ask("GET", "\(control)/version")) == nil {
            guard ContinuousClock.now < limit else {
                throw Failure(description: "\(Toxiproxy.program) did not start on port \(port)")
            }
            sleepMilliseconds(20)
        }
        let body = #"{"name":"p","listen":"127.0.0.1:0","upstream":"\#(server.dropFirst("http://".count))"}"#
        let answer = try Toxiproxy.ask("POST", "\(control)/proxies", body)
        guard let match = answer.firstMatch(of: /"listen":"(127\.0\.0\.1:[0-9]+)"/) else {
            throw Failure(description: "no address in \(answer)")
        }
        url = "http://\(match.1)"
    }

    deinit { close(input) }

    /// Lets connections through, or ends those there are and refuses further ones.
    public func setEnabled(_ isEnabled: Bool) throws {
        try Toxiproxy.ask("POST", "\(control)/proxies/p", #"{"enabled":\#(isEnabled)}"#)
    }

    /// Gives each connection, also those there are, a fault with a chance of 0 to 1, until it is removed.
    public func add(_ toxic: Toxic, chance: Double) throws {
        let attributes = toxic.attributes.map { #""\#($0)":\#($1)"# }.joined(separator: ",")
        let stream = toxic.isDownstream ? "downstream" : "upstream"
        try Toxiproxy.ask(
            "POST",
            "\(control)/proxies/p/toxics",
            #"{"name":"t","type":"\#(toxic.type)","stream":"\#(stream)","toxicity":\#(chance),"attributes":{\#(attributes)}}"#
        )
    }

    /// Takes the fault away.
    public func removeToxic() throws { try Toxiproxy.ask("DELETE", "\(control)/proxies/p/toxics/t") }

    @discardableResult
    private static func ask(_ method: String, _ url: String, _ body: String? = nil) throws -> String {
        let client = try HTTPClient(configuration: .init(userAgent: "tests"))
        let request = HTTPClientRequest(method: method, url: url, body: body.map { Array($0.utf8) })
        let response = try client.send(request, timeout: .seconds(30))
        let text = String(decoding: response.body, as: UTF8.self)
        guard (200..<300).contains(response.status) else {
            throw Failure(description: "\(method) \(url): status \(response.status) \(text)")
        }
        return text
    }

    private static func freePort() throws -> UInt16 {
        let server = ScriptedServer { _ in }
        server.stop()
        // Its socket is closed a moment later.
        sleepMilliseconds(100)
        return server.port
    }

    fileprivate static var program: String { SharedData.folder + "/peers/toxiproxy-server" }
}

extension Trait where Self == ConditionTrait {
    /// Skips a test where the proxy is absent, and says so; with REPRISE_TEST_REQUIRE=all the test runs, and fails.
    public static func needs(_: Toxiproxy.Type) -> Self {
        let isRequired = ProcessInfo.processInfo.environment["REPRISE_TEST_REQUIRE"] == "all"
        return .enabled(
            if: isRequired || FileManager.default.isExecutableFile(atPath: Toxiproxy.program),
            "\(Toxiproxy.program) is not there; set REPRISE_SHARED to the folder that holds peers/toxiproxy-server"
        )
    }
}
