import Foundation
import Glibc
import TestSupport

/// A terminal or a pipe of a test's own that programs write to and nobody reads, and a way to start programs on it.
final class Unread {
    enum Kind: CaseIterable {
        /// A terminal that was stopped as Ctrl-S does it.
        case terminal
        /// A pipe that is full.
        case pipe
    }

    private let folder: TemporaryFolder
    private let path: String
    /// The pipe's other end.
    private var reader: CInt = -1
    private var terminal: PseudoTerminal?

    init(_ kind: Kind, in folder: TemporaryFolder) throws {
        self.folder = folder
        switch kind {
        case .pipe:
            path = "\(folder.path)/pipe-\(UUID().uuidString)"
            try Self.makePipe(path)
            reader = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
            guard reader >= 0 else { throw Self.failure("open \(path)") }
            let bytes = [UInt8](repeating: UInt8(ascii: "."), count: 4_096)
            while write(reader, bytes, bytes.count) > 0 {}
        case .terminal:
            let terminal = try PseudoTerminal()
            path = terminal.path
            self.terminal = terminal
        }
    }

    deinit { if reader >= 0 { close(reader) } }

    /// Stops the output of a terminal; a pipe is full from the start.
    func freeze() throws { try terminal?.freeze() }

    /// Takes the terminal's other end away, as a window that is closed.
    func hangUp() { terminal = nil }

    /// Starts a program with this as standard error, and with a terminal as controlling terminal and standard input too; the
    /// process id is its own.
    func start(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws -> Started {
        let streams = terminal != nil ? #"<"$0" 2>"$0""# : #"2>"$0""#
        return try Started(streams, path, program, arguments, in: folder, environment: environment)
    }

    /// Starts a program with this as standard error and nothing else of it.
    func startOnStandardError(
        _ program: String,
        _ arguments: [String],
        environment: [String: String]
    ) throws -> RunningProgram {
        let script = #"path=$1; shift; exec "$0" "$@" 2> "$path""#
        let words = ["-c", script, program, path] + arguments
        return try RunningProgram("/bin/sh", words, in: folder, environment: environment)
    }

    /// Makes a FIFO that nobody has opened yet.
    static func makePipe(_ path: String) throws {
        guard mkfifo(path, 0o600) == 0 else { throw failure("mkfifo \(path)") }
    }

    private static func failure(_ call: String) -> RunningProgram.Failure {
        RunningProgram.Failure(description: "\(call): \(String(cString: strerror(errno)))")
    }
}

/// A program in a session of its own: it has no controlling terminal but the one that it opens as its first.
final class Started {
    let processIdentifier: pid_t
    /// What waits for the program, and ends as it ends.
    private let waiter: RunningProgram

    /// - Parameters:
    ///   - streams: the shell's words that redirect its streams, `$0` for the path.
    init(
        _ streams: String,
        _ path: String,
        _ program: String,
        _ arguments: [String],
        in folder: TemporaryFolder,
        environment: [String: String]
    ) throws {
        let script = "echo $$; exec \"$@\" \(streams)"
        waiter = try RunningProgram(
            Surroundings.path(.tool("setsid")),
            ["-w", "sh", "-c", script, path, program] + arguments,
            in: folder,
            environment: environment.merging(["TERM": "xterm"]) { $1 }
        )
        guard let number = pid_t(try waiter.firstLine()) else {
            throw RunningProgram.Failure(description: "no process id: \(try waiter.output)")
        }
        processIdentifier = number
    }

    deinit { if !hasEnded { kill(processIdentifier, SIGKILL) } }

    private var hasEnded = false

    var errors: String { get throws { try waiter.errors } }

    func send(_ signal: CInt) { kill(processIdentifier, signal) }

    /// Waits for its end and returns the exit status.
    func wait(seconds: Double = 10) throws -> CInt {
        let result = try waiter.wait(seconds: seconds)
        hasEnded = true
        return result.status
    }
}
