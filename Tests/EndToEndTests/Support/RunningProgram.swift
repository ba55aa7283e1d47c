import Foundation
import Synchronization
import TestSupport

/// A program that a test started; it is ended with the object at the latest, it alone.
final class RunningProgram: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// What a program left when it ended.
    struct Result {
        let status: Int32
        let wasKilled: Bool
        let output: Data
        let errors: String

        var text: String { String(decoding: output, as: UTF8.self) }
    }

    let processIdentifier: pid_t
    private let name: String
    private let folder: String
    private let ended = DispatchSemaphore(value: 0)
    private let process: Mutex<Process>

    /// Starts a program in a folder of the test's, with hardly any environment, its output in files there.
    init(
        _ program: String,
        _ arguments: [String],
        in folder: TemporaryFolder,
        environment: [String: String] = [:]
    ) throws {
        name = ([URL(fileURLWithPath: program).lastPathComponent] + arguments).joined(separator: " ")
        self.folder = "\(folder.path)/run-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        var whole = ["HOME": folder.path, "TMPDIR": folder.path, "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"]
        whole.merge(Process.inheritedEnvironment) { $1 }
        process.environment = whole.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let (output, errors) = (try Self.file("\(self.folder)/output"), try Self.file("\(self.folder)/errors"))
        // The child has them now; Foundation's Process would keep ours open for as long as the tests run.
        defer { for file in [output, errors] { try? file.close() } }
        process.standardOutput = output
        process.standardError = errors
        let ended = ended
        process.terminationHandler = { _ in ended.signal() }
        try Self.withSignalsUnblocked { try process.start() }
        processIdentifier = process.processIdentifier
        self.process = Mutex(process)
    }

    deinit {
        process.withLock { process in
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        }
    }

    /// What it has written on standard output so far.
    var output: Data { get throws { try Data(contentsOf: URL(fileURLWithPath: "\(folder)/output")) } }

    /// What it has written on standard error so far.
    var errors: String {
        get throws { String(decoding: try Data(contentsOf: URL(fileURLWithPath: "\(folder)/errors")), as: UTF8.self) }
    }

    /// Whether it has not ended yet.
    var isRunning: Bool { process.withLock { $0.isRunning } }

    /// Sends a signal, if it still runs.
    func send(_ signal: Int32) {
        process.withLock { process in
            if process.isRunning { kill(process.processIdentifier, signal) }
        }
    }

    /// Waits for its end; past the limit it is killed, and that is an error.
    func wait(seconds: Double = 60) throws -> Result {
        guard ended.wait(timeout: .now() + seconds) == .success else {
            send(SIGKILL)
            throw Failure(description: "\(name) did not end within \(seconds) s; it said: \(try errors)")
        }
        ended.signal()
        let (status, reason) = process.withLock { ($0.terminationStatus, $0.terminationReason) }
        return Result(status: status, wasKilled: reason == .uncaughtSignal, output: try output, errors: try errors)
    }

    /// Waits until it has printed a whole line on standard output, and returns it.
    func firstLine(seconds: Double = 20) throws -> String {
        try until("\(name) prints a line", seconds: seconds) {
            let lines = String(decoding: try output, as: UTF8.self).split(
                separator: "\n",
                omittingEmptySubsequences: false
            )
            return lines.count > 1 ? String(lines[0]) : nil
        }
    }

    // Tests run on Dispatch's threads, which block signals, and a program inherits that: it would never see SIGTERM.
    private static func withSignalsUnblocked(_ body: () throws -> Void) rethrows {
        var none = sigset_t()
        var previous = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &previous)
        defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
        try body()
    }

    private static func file(_ path: String) throws -> FileHandle {
        try Data().write(to: URL(fileURLWithPath: path))
        guard let handle = FileHandle(forWritingAtPath: path) else { throw CocoaError(.fileWriteUnknown) }
        return handle
    }
}

/// Looks again and again until there is a value; past the limit that is an error.
func until<Value>(_ what: String, seconds: Double = 20, _ look: () throws -> Value?) throws -> Value {
    let limit = ContinuousClock.now + .seconds(seconds)
    while true {
        if let value = try look() { return value }
        guard ContinuousClock.now < limit else {
            throw RunningProgram.Failure(description: "not within \(seconds) s: \(what)")
        }
        sleepMilliseconds(10)
    }
}

/// Runs a program to its end; a status other than 0 is an error that shows what it said.
@discardableResult
func output(
    of program: String,
    _ arguments: [String],
    in folder: TemporaryFolder,
    environment: [String: String] = [:],
    seconds: Double = 60
) throws -> Data {
    let result = try RunningProgram(program, arguments, in: folder, environment: environment).wait(seconds: seconds)
    guard result.status == 0, !result.wasKilled else {
        let words = ([program] + arguments).joined(separator: " ")
        throw RunningProgram.Failure(
            description: "\(words) ended with \(result.status): \(result.errors)\(result.text)"
        )
    }
    return result.output
}
