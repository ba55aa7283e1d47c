import Foundation
import TestSupport
import Testing

/// Every option that takes a number, a time, a size, a place or money, with numbers that nobody means: a usage error or a limit,
/// never a crash.
///
/// REPRISE_TEST_FUZZ runs all values of all options, else each option has two by chance; REPRISE_TEST_SEED repeats those.
@Suite(.timeLimit(.minutes(20)))
struct ExtremeOptionTests {
    private static let numbers = [
        "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615", "-1", "0",
        "99999999999999999999999999", "1e308", "1e-300", "nan", "inf",
    ]
    private static let times = [
        "999999999d", "9223372036854775807ms", "999999999d999999999d999999999d", "36500d", "36501d", "0s", "1ms",
        "-5s",
    ]
    /// By what the help calls the value; a value that makes no sense there is an error like any other.
    private static let values: [String: [String]] = [
        "N": numbers, "PORT": numbers, "ID": numbers, "FACTOR": numbers, "TIME": times + numbers,
        "SIZE": numbers + ["8589934591GiB", "8589934592GiB", "9223372036854775807GB", "9223372036GB"],
        "WHEN": [
            "filtered:18446744073709551615", "filtered:9223372036854775808", "filtered:2305843009213693952",
            "filtered:-1", "-999999999d", "-36500d", "-0s", "0000-01-01T00:00:00+23:59", "9999-12-31T23:59:60-23:59",
        ],
        "BUDGET": ["$9223372036854775807", "$1000000000/day", "$0.000001/month", "9223372036854775807/month", "0/day"],
        "DOLLARS": ["1000000000", "1000000001", "0.000001", "0.0000001", "9223372036854775807", "-1"],
        "SPEC": [
            "9223372036854775807:cut@9223372036854775807", "*:stall@9223372036854775807B", "503@9223372036854775807",
            "lookup:lose@1-9223372036854775807", "lookup:429@9223372036854775808",
        ],
        "LIST": ["99999d", "100000d", "9223372036854775807m", "1m,1m,99999d", "0m"],
    ]

    /// A command with what it needs to come to its work; `ends` where it does so by itself.
    private struct Line {
        let words: [String]
        let needs: [String]
        var ends = true
    }

    private static let lines: [Line] = [
        Line(words: ["journal", "cat"], needs: ["--raw"]), Line(words: ["journal", "verify"], needs: []),
        Line(words: ["replay"], needs: ["--sink", "null:"]), Line(words: ["refresh"], needs: ["--dry-run"]),
        Line(words: ["record"], needs: ["--journal", "other", "--stop-after", "100ms"], ends: false),
        Line(
            words: ["run"],
            needs: ["--journal", "third", "--simulate", "--simulate-rate", "50", "--port", "0"],
            ends: false
        ),
        Line(words: ["simulate"], needs: ["--port", "0", "--lookups"], ends: false),
        Line(words: ["serve"], needs: ["--port", "0", "--index", "index.sqlite"], ends: false),
        Line(words: ["dead-letters", "retry"], needs: []),
    ]

    private static let environment = ["X_API_URL": "http://127.0.0.1:9", "BEARER_TOKEN": "canary"]

    /// A recorded journal in a folder of its own, with an index.
    private func recorded() throws -> Recording {
        let recording = try Recording(
            in: TemporaryFolder(),
            simulator: ["--rate", "max"],
            recorder: ["--budget", "50"]
        )
        _ = try recording.recorder.wait(seconds: 30)
        recording.simulator.send(SIGTERM)
        _ = try recording.reprise(["replay", "--sink", "sqlite:\(recording.folder.path)/index.sqlite"])
        return recording
    }

    /// The options of a command whose help calls their value one of these.
    private func options(of line: Line, in folder: TemporaryFolder) throws -> [(long: String, value: String)] {
        let help = try output(of: Surroundings.reprise(), line.words + ["--help"], in: folder)
        return String(decoding: help, as: UTF8.self).split(separator: "\n").compactMap { text in
            guard let match = text.firstMatch(of: /^ +(?:-\w, )?--([a-z-]+) ([A-Z]+)/) else { return nil }
            let (long, value) = (String(match.output.1), String(match.output.2))
            return ExtremeOptionTests.values[value] == nil ? nil : (long, value)
        }
    }

    @Test func noOptionsValueIsACrash() throws {
        var random = SeededRandom()
        let runsAll = ProcessInfo.processInfo.environment["REPRISE_TEST_FUZZ"] != nil
        let recording = try recorded()
        var count = 0
        for line in ExtremeOptionTests.lines {
            let options = try options(of: line, in: recording.folder)
            for (long, kind) in options {
                let values = (ExtremeOptionTests.values[kind] ?? []).shuffled(using: &random)
                for value in runsAll ? values[...] : values.prefix(2) {
                    count += 1
                    try run(line, "--\(long)", value, in: recording, random)
                }
            }
        }
        #expect(count > 60, "the help was not understood")
    }

    private func run(
        _ line: Line,
        _ option: String,
        _ value: String,
        in recording: Recording,
        _ random: SeededRandom
    ) throws {
        var words = line.words + ["\(option)=\(value)"]
        // What is tried takes the place of what it needs.
        for (index, need) in line.needs.enumerated() where need.hasPrefix("--") && need != option {
            words.append(need)
            if index + 1 < line.needs.count, !line.needs[index + 1].hasPrefix("--") {
                words.append(line.needs[index + 1])
            }
        }
        if !words.contains("--journal"), line.words.first != "simulate" { words += ["--journal", "journal"] }
        let program = try RunningProgram(
            Surroundings.reprise(),
            words,
            in: recording.folder,
            environment: ExtremeOptionTests.environment
        )
        let timer = DispatchWorkItem { program.send(SIGTERM) }
        if !line.ends { DispatchQueue.global().asyncAfter(deadline: .now() + 1, execute: timer) }
        let result = try program.wait(seconds: 60)
        timer.cancel()
        // SIGTERM may come before anybody has learnt to listen to it.
        #expect(
            !result.wasKilled || result.status == SIGTERM,
            "\(words.joined(separator: " ")): signal \(result.status); \(result.errors) \(random)"
        )
    }

    @Test(arguments: [
        (["--from", "filtered:18446744073709551615"], 64), (["--from", "-999999999d"], 64),
        (["--to", "filtered:9223372036854775808"], 64), (["--from", "filtered:2305843009213693952"], 64),
        (["--from", "-36500d"], 0),
    ])
    func placesFarOutAreRefusedOrEmpty(_ range: [String], _ status: Int) throws {
        let recording = try recorded()
        let result = try RunningProgram(
            Surroundings.reprise(),
            ["journal", "cat", "--raw", "--journal", recording.journal] + range,
            in: recording.folder
        ).wait()
        #expect(!result.wasKilled && result.status == Int32(status), "\(result.status) \(result.errors)")
        if status == 0 {
            let isAll = range[1].hasPrefix("-")
            #expect(result.output == (isAll ? try recording.raw() : Data()))
        }
    }

    @Test(arguments: ["--segment-age", "--stop-after", "--silence-timeout"])
    func aTimeBeyondACenturyIsAUsageError(_ option: String) throws {
        let folder = try TemporaryFolder()
        let result = try RunningProgram(
            Surroundings.reprise(),
            ["record", option, "999999999d", "--budget", "1"],
            in: folder,
            environment: ExtremeOptionTests.environment
        ).wait()
        #expect(!result.wasKilled && result.status == 64, "\(result.status) \(result.errors)")
        #expect(result.errors.contains("\(option) is a time such as 10m or 1h30m, at most 36500d"), "\(result.errors)")
    }
}
