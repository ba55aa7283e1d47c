internal import Foundation
internal import Synchronization
public import Testing

/// A real search engine, started once for a run of the tests and stopped with it; give each test an alias of its own.
///
/// REPRISE_TEST_OPENSEARCH and REPRISE_TEST_ELASTICSEARCH name engines that run already. Else the folder `peers` beside the
/// shared data has them; it needs Java and unzip.
public enum SearchPeer: String, Sendable, CaseIterable {
    /// OpenSearch, open to everyone.
    case opensearch
    /// Elasticsearch, open to everyone.
    case elasticsearch
    /// Elasticsearch with its security on: user `elastic`, password `SearchPeer.password`.
    case securedElasticsearch

    /// The engines that let everyone do everything.
    public static let open: [SearchPeer] = [.opensearch, .elasticsearch]
    /// The password of the user `elastic`.
    public static let password = "canary-5d1f0c9a7be2"

    /// The word in front of its addresses.
    public var kind: String { self == .opensearch ? "opensearch" : "elasticsearch" }

    /// Its URL, without a slash at its end; the first to ask starts it, which takes a dozen seconds.
    ///
    /// Whoever waits blocks no thread: other tests run meanwhile.
    public func url() async throws -> String {
        if let external { return external }
        if let hindrance { throw Failure(description: hindrance) }
        let start = Self.starts.withLock { starts in
            if let start = starts[self] { return start }
            // Never cancelled: the engine is everybody's.
            let start = Task {
                try await withCheckedThrowingContinuation { continuation in
                    Thread.detachNewThread { continuation.resume(with: Result { try Engine(self) }) }
                }
            }
            starts[self] = start
            return start
        }
        return try await start.value.url
    }

    /// What hinders it here; nil where nothing does.
    public var hindrance: String? {
        if external != nil { return nil }
        guard FileManager.default.isExecutableFile(atPath: Self.program) else {
            return "\(Self.program) is not there; set REPRISE_SHARED to the folder that holds it"
                + (self == .securedElasticsearch
                    ? "" : ", or REPRISE_TEST_\(kind.uppercased()) to the URL of an engine")
        }
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let missing = ["java", "unzip"].filter { tool in
            !folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(tool)") }
        }
        return missing.isEmpty
            ? nil : "no \(missing.joined(separator: ", no ")) here (Debian: openjdk-17-jre-headless unzip)"
    }

    private var external: String? {
        self == .securedElasticsearch
            ? nil : ProcessInfo.processInfo.environment["REPRISE_TEST_\(kind.uppercased())"]
    }

    private static var program: String { SharedData.folder + "/peers/serve-search" }
    private static let starts = Mutex<[SearchPeer: Task<Engine, any Error>]>([:])

    struct Failure: Error, CustomStringConvertible { let description: String }

    /// An engine's process, which ends when its standard input does: at the latest when this process is gone.
    private final class Engine: Sendable {
        let url: String
        private let input: CInt

        init(_ peer: SearchPeer) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: SearchPeer.program)
            process.arguments =
                [peer.kind, "--heap", "512m", "--stdin"]
                + (peer == .securedElasticsearch ? ["--password", SearchPeer.password] : [])
            let log = FileManager.default.temporaryDirectory.appendingPathComponent("reprise-\(UUID().uuidString).log")
            try Data().write(to: log)
            defer { try? FileManager.default.removeItem(at: log) }
            let input = Pipe()
            let output = Pipe()
            // Kept to ourselves: a program that another test starts would else hold the engine's input open.
            self.input = fcntl(input.fileHandleForWriting.fileDescriptor, F_DUPFD_CLOEXEC, 0)
            process.standardInput = input
            process.standardOutput = output
            process.standardError = try FileHandle(forWritingTo: log)
            try process.start()
            try input.fileHandleForWriting.close()
            var text = ""
            while !text.contains("\n") {
                let bytes = output.fileHandleForReading.availableData
                guard !bytes.isEmpty else {
                    let errors = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
                    throw Failure(description: "\(peer.kind) did not start: \(errors.suffix(2_000))")
                }
                text += String(decoding: bytes, as: UTF8.self)
            }
            url = String(text.dropFirst("ready ".count).prefix { $0 != "\n" })
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips a test where an engine cannot be had, and says so; with REPRISE_TEST_REQUIRE=all the test runs, and fails.
    public static func needs(_ peers: SearchPeer...) -> Self {
        let isRequired = ProcessInfo.processInfo.environment["REPRISE_TEST_REQUIRE"] == "all"
        let hindrance = peers.compactMap(\.hindrance).first
        return .enabled(if: isRequired || hindrance == nil, Comment(rawValue: hindrance ?? ""))
    }
}
