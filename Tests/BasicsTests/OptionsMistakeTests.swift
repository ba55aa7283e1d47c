import Options
import Testing
import YAML

/// What somebody types who forgets, misspells, or uses a variable that is not set.
@Suite struct OptionsMistakeTests {
    private let root = Command(
        name: "tool",
        summary: "A tool.",
        options: [Option(long: "version", help: "The version.")],
        subcommands: [
            Command(
                name: "replay",
                summary: "Replays.",
                options: [Option(long: "rules", value: "FILE", help: "Rules.")]
            ),
            Command(
                name: "info",
                summary: "Informs.",
                options: [
                    Option(long: "config", value: "FILE", help: "Settings."),
                    Option(long: "journal", value: "DIR", help: "A folder."),
                    Option(long: "fields", value: "LIST", help: "Fields.", allowsEmpty: true),
                    Option(long: "budget", value: "N", help: "Money."),
                    Option(long: "json", help: "As JSON."),
                ],
                arguments: [Argument(name: "FILE", help: "A file.")]
            ),
        ]
    )

    @Test(arguments: [
        (
            ["info", "--journal", "--json"],
            "--journal needs a value: --journal DIR; if '--json' is meant, --journal=--json"
        ),
        (["info", "--json", "--journal"], "--journal needs a value: --journal DIR\n"),
        (["info", "--journal", ""], "--journal must not be empty"),
        (["info", "--journal="], "--journal must not be empty"),
        (["inof", "f"], "did you mean 'tool info'?"),
        (["rep"], "did you mean 'tool replay'?"),
        (["info", "--jorunal", "x"], "did you mean '--journal'?"),
        (["info", "--bud", "5"], "did you mean '--budget'?"),
    ])
    func aMistakeIsToldWithItsCure(words: [String], expected: String) {
        let error = #expect(throws: UsageError.self) { try CommandLineParser(root: root).parse(words) }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [["xyz"], ["info", "--j"], ["", "f"], [String(repeating: "info", count: 10_000)]])
    func nothingIsSuggestedWhereNothingIsNear(words: [String]) {
        let error = #expect(throws: UsageError.self) { try CommandLineParser(root: root).parse(words) }
        #expect(error?.description.contains("did you mean") == false, "\(error?.description.prefix(200) ?? "")")
    }

    @Test func valuesThatLookLikeOptionsCanBeGiven() throws {
        let parser = CommandLineParser(root: root)
        #expect(try parser.parse(["info", "--journal=--json", "f"]).options == ["journal": ["--json"]])
        #expect(try parser.parse(["info", "--journal", "-2h", "f"]).options == ["journal": ["-2h"]])
        #expect(try parser.parse(["info", "--journal", "-", "f"]).options == ["journal": ["-"]])
        #expect(try parser.parse(["info", "--fields", "", "f"]).options == ["fields": [""]])
    }

    @Test(arguments: [
        ["info", "--help"], ["info", "-h"], ["--help", "info"], ["info", "--nonsense", "--help"],
        ["info", "a", "b", "c", "-h"], ["info", "--journal", "--help"],
    ])
    func whoAsksForHelpGetsItDespiteMistakes(words: [String]) throws {
        let parsed = try CommandLineParser(root: root).parse(words)
        #expect(parsed.wantsHelp && parsed.path == ["tool", "info"])
    }

    @Test func helpBehindTwoDashesIsAnArgument() throws {
        let parsed = try CommandLineParser(root: root).parse(["info", "--", "--help"])
        #expect(!parsed.wantsHelp && parsed.arguments == ["--help"])
    }

    @Test(arguments: [
        ("version: true", "no setting is called 'version'"), ("config: other.yaml", "no setting is called 'config'"),
        ("json: false\njournal: \"\"", "tool.yaml, line 2: 'journal' is empty"),
        ("json: maybe", "tool.yaml, line 1: 'json' is true or false"),
        ("journal:", "tool.yaml, line 1: 'journal' is empty"),
    ])
    func aSettingThatCannotWorkIsRefused(yaml: String, expected: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationFile(yaml: yaml, path: "tool.yaml").check(against: root, excluding: ["config"])
        }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    }

    @Test func anEmptyValueIsTakenWhereItMeansSomething() {
        #expect(throws: Never.self) {
            try ConfigurationFile(yaml: "fields: \"\"", path: "tool.yaml").check(against: root)
        }
    }

    @Test func aTextWithAZeroCharacterIsRefused() {
        let error = #expect(throws: YAMLError.self) { try Node.parse("a: 1\nb: \"x\\0y\"", name: "a.yaml") }
        #expect(error?.description == "a.yaml, line 2, column 4: a text must not hold a zero character")
    }

    @Test func ofSeveralEndsTheWorstIsTold() {
        #expect(ExitStatus.worst([]) == .done)
        #expect(ExitStatus.worst([.done, .lossy, .done]) == .lossy)
        #expect(ExitStatus.worst([.tryLater, .lossy]) == .tryLater)
        #expect(ExitStatus.worst([.configuration, .tryLater]) == .configuration)
        #expect(ExitStatus.worst([.tryLater, .failed, .configuration]) == .failed)
    }
}
