public import Foundation
public import Testing

/// Programs in Python with the packages of scripts/packages/python-test.txt.
public enum Python {
    /// A program could not be started, or failed.
    public struct Failure: Error, CustomStringConvertible {
        /// What it wrote to standard error.
        public let description: String
    }

    /// The interpreter that REPRISE_TEST_PYTHON names; nil where there is none.
    public static var interpreter: String? {
        guard let path = ProcessInfo.processInfo.environment["REPRISE_TEST_PYTHON"],
            FileManager.default.isExecutableFile(atPath: path)
        else { return nil }
        return path
    }

    /// The path of a program in the folder `Peers` beside a test.
    public static func peer(_ name: String, besides file: String = #filePath) -> String {
        URL(fileURLWithPath: file).deletingLastPathComponent().path + "/Peers/\(name)"
    }

    /// Runs a program beside the calling test to its end.
    ///
    /// - Parameter arguments: the program's name, then its arguments.
    /// - Returns: what it wrote to standard output.
    public static func run(
        _ arguments: [String],
        input: Data = Data(),
        besides file: String = #filePath
    ) throws -> String {
        guard let interpreter else { throw Failure(description: hindrance) }
        let folder = try TemporaryFolder()
        let names = ["in", "out", "err"].map { "\(folder.path)/\($0)" }
        try input.write(to: URL(fileURLWithPath: names[0]))
        for name in names.dropFirst() { try Data().write(to: URL(fileURLWithPath: name)) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: interpreter)
        process.arguments = [peer(arguments.first ?? "", besides: file)] + arguments.dropFirst()
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: names[0]))
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: names[1]))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: names[2]))
        try process.start()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: try String(contentsOfFile: names[2], encoding: .utf8))
        }
        return try String(contentsOfFile: names[1], encoding: .utf8)
    }

    static let hindrance = "REPRISE_TEST_PYTHON names no interpreter; scripts/python-venv test makes one"
}

extension Trait where Self == ConditionTrait {
    /// Skips a test where no interpreter is, and says so; with REPRISE_TEST_REQUIRE=all the test runs, and fails.
    public static var needsPython: Self {
        let isRequired = ProcessInfo.processInfo.environment["REPRISE_TEST_REQUIRE"] == "all"
        return .enabled(if: isRequired || Python.interpreter != nil, Comment(rawValue: Python.hindrance))
    }
}
