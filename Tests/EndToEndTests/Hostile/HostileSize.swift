import Foundation

/// How large the trials with hostile peers are: a small form in `make test`, the full one in `make soak`.
enum HostileSize {
    private static let environment = ProcessInfo.processInfo.environment

    /// REPRISE_TEST_HOSTILE_SECONDS: how long each peer goes on.
    static let seconds = environment["REPRISE_TEST_HOSTILE_SECONDS"].flatMap { Double($0) }

    /// How much more memory a program may take for it.
    static let growthLimit = 64 << 20
}

/// The memory of a running program, proc_pid_status(5).
enum ProgramMemory {
    /// The most it has had in memory so far, in bytes; nil once it has ended.
    static func peak(of program: RunningProgram) -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/\(program.processIdentifier)/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
        else { return nil }
        return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }.map {
            $0 << 10
        }
    }
}
