import Foundation
import Glibc
import TestSupport

/// Standard error that nobody reads: a terminal that was stopped with Ctrl-S, or a full pipe.
final class FrozenErrors {
    /// What the program opens as its standard error.
    private let path: String
    /// The other end, which stays open.
    private let descriptor: CInt
    private let isTerminal: Bool

    /// A terminal; it works until `freeze`.
    init(terminalIn folder: TemporaryFolder) throws {
        // The name of a terminal's other end: ptmx(4), ioctl_tty(2) with TIOCSPTLCK and TIOCGPTN.
        descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        var (isLocked, number) = (CInt(0), CInt(0))
        guard descriptor >= 0, ioctl(descriptor, 0x4004_5431, &isLocked) == 0,
            ioctl(descriptor, 0x8004_5430, &number) == 0
        else {
            throw RunningProgram.Failure(description: "no terminal: \(String(cString: strerror(errno)))")
        }
        path = "/dev/pts/\(number)"
        isTerminal = true
    }

    /// A pipe with room for one page of text; nobody reads from the beginning.
    init(pipeIn folder: TemporaryFolder) throws {
        path = folder.path + "/standard-error"
        try Self.makePipe(path)
        descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        // F_SETPIPE_SZ, fcntl(2).
        guard descriptor >= 0, fcntl(descriptor, 1031, 4_096) >= 0 else {
            throw RunningProgram.Failure(description: "no pipe: \(String(cString: strerror(errno)))")
        }
        isTerminal = false
    }

    deinit { close(descriptor) }

    static func makePipe(_ path: String) throws {
        guard mkfifo(path, 0o600) == 0 else {
            throw RunningProgram.Failure(description: "no pipe \(path): \(String(cString: strerror(errno)))")
        }
    }

    func start(
        _ program: String,
        _ words: [String],
        in folder: TemporaryFolder,
        environment: [String: String]
    ) throws -> RunningProgram {
        let script = #"path=$1; shift; exec "$0" "$@" 2> "$path""#
        return try RunningProgram(
            "/bin/sh",
            ["-c", script, program, path] + words,
            in: folder,
            environment: environment
        )
    }

    /// Stops the terminal as Ctrl-S does, once something was shown on it.
    func freeze() throws {
        guard isTerminal else { return }
        var shown = [UInt8](repeating: 0, count: 65_536)
        _ = try until("something on the terminal") { read(descriptor, &shown, shown.count) > 0 ? true : nil }
        guard write(descriptor, [0x13 as UInt8], 1) == 1 else {
            throw RunningProgram.Failure(description: "no Ctrl-S: \(String(cString: strerror(errno)))")
        }
    }
}
