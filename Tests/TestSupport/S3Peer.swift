public import Foundation
internal import Glibc
internal import HTTPClient
public import Testing

/// A real S3 server of a test's own over a folder (Versity S3 Gateway), with a bucket; it checks every signature, and ends with the object.
public final class S3Peer: Sendable {
    /// Its URL, without a slash at its end.
    public let url: String
    /// The bucket that is there.
    public let bucket = "documents"
    private let folder: String
    private let input: CInt

    /// The secret key of the only user.
    public static let secret = "canary-secret-s3-41c7"

    struct Failure: Error, CustomStringConvertible { let description: String }

    /// Starts one.
    ///
    /// - Parameter folder: where it keeps the buckets; it must exist.
    public init(_ folder: String) throws {
        self.folder = folder
        try FileManager.default.createDirectory(atPath: "\(folder)/\(bucket)", withIntermediateDirectories: true)
        let port = S3Peer.freePort()
        url = "http://127.0.0.1:\(port)"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // Its end is the end of its input, so that it never outlives the test.
        let script = #""$0" --port "127.0.0.1:$1" posix "$2" >"$2.log" 2>&1 & cat >/dev/null; kill $!"#
        process.arguments = ["-c", script, S3Peer.program, "\(port)", folder]
        process.environment = [
            "PATH": "/usr/bin:/bin", "ROOT_ACCESS_KEY": "reprise", "ROOT_SECRET_KEY": S3Peer.secret,
        ]
        let pipe = Pipe()
        // Kept to ourselves: a program that another test starts would else hold it open.
        input = fcntl(pipe.fileHandleForWriting.fileDescriptor, F_DUPFD_CLOEXEC, 0)
        process.standardInput = pipe
        try process.start()
        try pipe.fileHandleForWriting.close()
        let limit = ContinuousClock.now + .seconds(30)
        while true {
            let client = try HTTPClient(configuration: .init(userAgent: "tests"))
            if (try? client.send(HTTPClientRequest(url: url), timeout: .seconds(5))) != nil { return }
            guard ContinuousClock.now < limit else {
                throw Failure(description: "\(S3Peer.program) did not start on port \(port); see \(folder).log")
            }
            sleepMilliseconds(20)
        }
    }

    deinit { close(input) }

    /// What a program's environment says of it.
    public var environment: [String: String] {
        [
            "AWS_ENDPOINT_URL_S3": url, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "reprise",
            "AWS_SECRET_ACCESS_KEY": S3Peer.secret,
        ]
    }

    /// Objects by their keys.
    public func objects(below prefix: String = "") throws -> [String: Data] {
        let top = "\(folder)/\(bucket)"
        var found: [String: Data] = [:]
        for case let name as String in FileManager.default.enumerator(atPath: top) ?? .init() {
            var isFolder: ObjCBool = false
            let path = "\(top)/\(name)"
            guard name.hasPrefix(prefix), !name.hasPrefix(".sgwtmp"),
                FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue
            else { continue }
            found[name] = try Data(contentsOf: URL(fileURLWithPath: path))
        }
        return found
    }

    /// Where objects below a prefix stand as files.
    public func path(_ prefix: String) -> String { "\(folder)/\(bucket)/\(prefix)" }

    private static func freePort() -> UInt16 {
        let server = ScriptedServer { _ in }
        server.stop()
        // Its socket is closed a moment later.
        sleepMilliseconds(100)
        return server.port
    }

    fileprivate static var program: String { SharedData.folder + "/peers/versitygw" }
}

extension Trait where Self == ConditionTrait {
    /// Skips a test where the server is absent, and says so; with REPRISE_TEST_REQUIRE=all the test runs, and fails.
    public static func needs(_: S3Peer.Type) -> Self {
        let isRequired = ProcessInfo.processInfo.environment["REPRISE_TEST_REQUIRE"] == "all"
        return .enabled(
            if: isRequired || FileManager.default.isExecutableFile(atPath: S3Peer.program),
            "\(S3Peer.program) is not there; set REPRISE_SHARED to the folder that holds peers/versitygw"
        )
    }
}
