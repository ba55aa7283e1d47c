import Foundation
import Synchronization
import TestSupport

/// A small C library that a program is started with, built from its source beside the tests.
enum PreloadedLibrary: String {
    /// Counts the calls that reach files below a folder, and makes one of them fail.
    case failingCalls = "failing_calls"
    /// Moves the program's wall clock, while it runs.
    case shiftedClock = "shifted_clock"

    private struct Built {
        let folder: TemporaryFolder
        var names: Set<String> = []
    }

    private static let built = Mutex<Built?>(nil)

    /// The library's path; it is built by the first test that asks.
    func path() throws -> String {
        try Self.built.withLock { built in
            let folder = try built?.folder ?? TemporaryFolder()
            let path = "\(folder.path)/\(rawValue).so"
            guard built?.names.contains(rawValue) != true else { return path }
            let source = Surroundings.peer("\(rawValue).c")
            let words = ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", path, source, "-ldl", "-pthread"]
            try output(of: Surroundings.path(.cCompiler), words, in: folder)
            var names = built?.names ?? []
            names.insert(rawValue)
            built = Built(folder: folder, names: names)
            return path
        }
    }

    /// The environment of a program that is started with it, before others that the tests themselves were started with.
    func environment(_ settings: [String: String]) throws -> [String: String] {
        let others = Process.inheritedEnvironment["LD_PRELOAD"].map { ":\($0)" } ?? ""
        return settings.merging(["LD_PRELOAD": try path() + others]) { $1 }
    }
}

/// How much the wall clock of programs is moved; the tests' own stays where it is.
final class ShiftedClock {
    private let path: String

    init(in folder: TemporaryFolder) throws {
        path = folder.path + "/clock-shift"
        try Data(count: MemoryLayout<Int64>.size).write(to: URL(fileURLWithPath: path))
    }

    /// What a program is started with to go by this clock.
    var environment: [String: String] {
        get throws { try PreloadedLibrary.shiftedClock.environment(["CLOCK_SHIFT": path]) }
    }

    /// Sets the clock so far from the machine's, for programs that run and those to come.
    func set(by duration: Duration) throws {
        var microseconds = Int64(duration.components.seconds) * 1_000_000
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        // In place and in one write: the program has the file in its memory.
        try file.write(contentsOf: withUnsafeBytes(of: &microseconds) { Data($0) })
        try file.close()
    }
}
