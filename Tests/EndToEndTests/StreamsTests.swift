import Foundation
import Glibc
import TestSupport
import Testing

/// Where the command's words go when the other end is slow, gone, or a terminal that must not be moved.
@Suite(.timeLimit(.minutes(20)))
struct StreamsTests {
    /// Starts the command with a pipe of one page as its standard output, and returns the end to read from.
    private func start(_ words: [String], in folder: TemporaryFolder) throws -> (Process, FileHandle, errors: URL) {
        var ends: [CInt] = [-1, -1]
        try #require(pipe(&ends) == 0)
        // F_SETPIPE_SZ of fcntl(2), which Swift does not see: the smallest pipe there is, one page.
        try #require(fcntl(ends[1], 1_031, 4_096) >= 4_096)
        try #require(fcntl(ends[1], F_SETFL, O_WRONLY | O_NONBLOCK) == 0)
        let writeEnd = FileHandle(fileDescriptor: ends[1], closeOnDealloc: false)
        defer { close(ends[1]) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try Surroundings.reprise())
        process.arguments = words
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = writeEnd
        let errors = URL(fileURLWithPath: "\(folder.path)/errors")
        try Data().write(to: errors)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.start()
        return (process, FileHandle(fileDescriptor: ends[0], closeOnDealloc: true), errors)
    }

    @Test func aSlowReaderOfANonBlockingPipeGetsEverything() throws {
        let folder = try TemporaryFolder()
        let expected = try RunningProgram(Surroundings.reprise(), ["run", "--help"], in: folder).wait().output
        try #require(expected.count > 4_096, "the page must be longer than the pipe")
        let (process, reader, errors) = try start(["run", "--help"], in: folder)
        usleep(200_000)
        let received = try reader.readToEnd()
        process.waitUntilExit()
        #expect(received == expected)
        #expect(try String(contentsOf: errors, encoding: .utf8).isEmpty)
        #expect(process.terminationStatus == 0)
    }

    @Test func aReaderThatHasGoneIsNoReasonToComplain() throws {
        let folder = try TemporaryFolder()
        let (process, reader, errors) = try start(["run", "--help"], in: folder)
        try reader.close()
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 0)
        #expect(try String(contentsOf: errors, encoding: .utf8).isEmpty)
    }

    @Test func noControlCharacterOfAFileReachesTheTerminal() throws {
        let folder = try TemporaryFolder()
        try Data("\"\\e[2Jboo\": 1\n".utf8).write(to: URL(fileURLWithPath: folder.path + "/reprise.yaml"))
        let result = try RunningProgram(Surroundings.reprise(), ["journal", "info"], in: folder).wait()
        #expect(result.status == 78 && result.errors.contains("'\\u001b[2Jboo'"), "\(result.errors)")
    }

    @Test func aSettingsFileThatIsNoTextIsRefused() throws {
        let folder = try TemporaryFolder()
        try Data([0x6A, 0x3A, 0x20, 0xFF, 0x0A]).write(to: URL(fileURLWithPath: folder.path + "/reprise.yaml"))
        let result = try RunningProgram(Surroundings.reprise(), ["journal", "info"], in: folder).wait()
        #expect(result.status == 78 && result.errors.contains("reprise.yaml is not UTF-8 text"), "\(result.errors)")
    }
}
