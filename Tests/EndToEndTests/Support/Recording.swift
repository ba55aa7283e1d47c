import Foundation
import TestSupport

/// A simulator, a recorder on it, and the journal between them: all processes of their own.
final class Recording {
    static let token = "canary-3f9c1e77b0d24a6fae5512c8"

    let folder: TemporaryFolder
    let simulator: RunningProgram
    private(set) var recorder: RunningProgram
    private let url: String
    private let recorderArguments: [String]

    var journal: String { folder.path + "/journal" }
    /// Where the simulator writes what each connection was sent.
    var sentLog: String { folder.path + "/sent" }

    /// Starts both, without waits between connections, with the arguments given.
    init(in folder: TemporaryFolder, simulator: [String], recorder: [String] = []) throws {
        self.folder = folder
        let serve = ["simulate", "--port", "0", "--sent-log", folder.path + "/sent"] + simulator
        self.simulator = try RunningProgram(
            Surroundings.reprise(),
            serve,
            in: folder,
            environment: ["REPRISE_SIMULATOR_TOKEN": Self.token]
        )
        url = try self.simulator.firstLine()
        recorderArguments = ["record", "--journal", folder.path + "/journal", "--backoff-scale", "0.01"] + recorder
        self.recorder = try Self.start(recorderArguments, url, in: folder)
    }

    /// Starts a recorder once more, after the last one's end.
    func restartRecorder() throws {
        recorder = try Self.start(recorderArguments, url, in: folder)
    }

    /// Waits until the simulator has sent that many bytes.
    func until(bytes: Int, seconds: Double = 30) throws {
        _ = try EndToEndTests.until("\(bytes) bytes sent; \(recorder.errors)", seconds: seconds) {
            try sentByteCount() >= bytes ? true : nil
        }
    }

    /// Ends the recorder as a user would, then the simulator.
    @discardableResult
    func stop() throws -> RunningProgram.Result {
        recorder.send(SIGTERM)
        let result = try recorder.wait(seconds: 10)
        simulator.send(SIGTERM)
        _ = try simulator.wait(seconds: 10)
        guard result.status == 0 else {
            throw RunningProgram.Failure(description: "record ended with \(result.status): \(result.errors)")
        }
        return result
    }

    /// Runs the command on this journal, and returns its standard output.
    func reprise(_ arguments: [String], seconds: Double = 60) throws -> Data {
        try output(
            of: Surroundings.reprise(),
            arguments + ["--journal", journal],
            in: folder,
            seconds: seconds
        )
    }

    /// Every byte of the journal.
    func raw() throws -> Data { try reprise(["journal", "cat", "--raw"]) }

    /// The sealed segments, in order.
    func segments() throws -> [String] { try Self.segments(of: journal) }

    /// The sealed segments of a journal, in order.
    static func segments(of journal: String) throws -> [String] {
        let source = journal + "/filtered"
        return try FileManager.default.contentsOfDirectory(atPath: source).filter { $0.hasSuffix(".zst") }.sorted()
            .map { "\(source)/\($0)" }
    }

    /// How much the simulator has sent, all connections together.
    func sentByteCount() throws -> Int {
        guard FileManager.default.fileExists(atPath: sentLog) else { return 0 }
        return try FileManager.default.contentsOfDirectory(atPath: sentLog).reduce(0) { sum, name in
            let size = try FileManager.default.attributesOfItem(atPath: "\(sentLog)/\(name)")[.size] as? Int
            return sum + (size ?? 0)
        }
    }

    private static func start(_ arguments: [String], _ url: String, in folder: TemporaryFolder) throws -> RunningProgram
    {
        let environment = ["X_API_URL": url, "BEARER_TOKEN": token]
        return try RunningProgram(Surroundings.reprise(), arguments, in: folder, environment: environment)
    }
}
