import Foundation
import TestSupport
import Testing

/// What somebody sees who does it wrong, or hardly knows the command.
@Suite(.timeLimit(.minutes(20)))
struct FriendlinessTests {
    private func run(
        _ words: [String],
        in folder: TemporaryFolder,
        environment: [String: String] = [:]
    ) throws -> RunningProgram.Result {
        try RunningProgram(Surroundings.reprise(), words, in: folder, environment: environment).wait()
    }

    @Test func theWordHelpGivesACommandsHelp() throws {
        let folder = try TemporaryFolder()
        for words in [[], ["record"], ["journal", "info"]] {
            let asked = try run(["help"] + words, in: folder)
            #expect(asked.status == 0 && asked.errors.isEmpty, "\(words)")
            #expect(try asked.text == run(words + ["--help"], in: folder).text, "\(words)")
        }
        #expect(try run(["help", "recrod"], in: folder).errors.contains("did you mean 'reprise record'?"))
    }

    /// Wrong words are told as such even where there is nothing to work on yet.
    @Test(arguments: [
        (["serve", "--port", "99999"], 64, "--port"),
        (["replay", "--sink", "nowhere"], 64, "nowhere"),
        (["replay", "--jobs", "2"], 64, "--jobs"),
        (["journal", "info", "--log-level", "loud"], 64, "--log-level"),
        (["journal", "info"], 1, "there is no journal at data/journal"),
    ])
    func wrongWordsAreToldBeforeMissingData(words: [String], status: Int32, text: String) throws {
        let folder = try TemporaryFolder()
        let result = try run(words, in: folder)
        #expect(result.status == status && result.errors.contains(text), "\(result.status) \(result.errors)")
        #expect(result.output.isEmpty)
    }

    @Test(arguments: [
        ("journal: here\nbogus: 1\n", "reprise.yaml, line 2: no setting is called 'bogus'"),
        ("journal: [here\n", "reprise.yaml, line 2"),
        ("- journal\n", "reprise.yaml, line 1"),
        ("log-level: loud\n", "reprise.yaml, line 1: 'log-level' is trace, debug, info, notice, warning or error"),
    ])
    func aBadSettingsFileIsToldWithItsPlace(yaml: String, text: String) throws {
        let folder = try TemporaryFolder()
        try yaml.write(toFile: folder.path + "/reprise.yaml", atomically: true, encoding: .utf8)
        let result = try run(["journal", "info"], in: folder)
        #expect(result.status == 78 && result.errors.contains(text), "\(result.status) \(result.errors)")
    }

    @Test func aBadVariableIsToldByItsName() throws {
        let folder = try TemporaryFolder()
        let result = try run(["journal", "info"], in: folder, environment: ["REPRISE_LOG_LEVEL": "loud"])
        #expect(result.status == 78 && result.errors.contains("REPRISE_LOG_LEVEL in the environment is"))
        // The stronger place counts.
        let words = ["journal", "info", "--log-level", "info"]
        #expect(try run(words, in: folder, environment: ["REPRISE_LOG_LEVEL": "loud"]).status == 1)
    }

    @Test func helpThatCannotBeWrittenIsAnError() throws {
        let folder = try TemporaryFolder()
        let line = "'\(try Surroundings.reprise())' --help > /dev/full"
        let result = try RunningProgram("/bin/sh", ["-c", line], in: folder).wait()
        #expect(result.status == 1 && result.errors.contains("writing to standard output"), "\(result.errors)")
    }
}
