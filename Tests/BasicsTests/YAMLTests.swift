import Options
import Testing
import YAML

@Suite struct YAMLTests {
    @Test func aDocumentBecomesATreeWithLines() throws {
        let node = try Node.parse(
            """
            # a comment
            journal: data/journal
            sink:
              - "ndjson:-"
              - null:
            nested: {a: 1, b: [x, y]}
            """,
            name: "a.yaml"
        )
        #expect(node["journal"]?.text == "data/journal")
        #expect(node["journal"]?.line == 2)
        #expect(node["sink"]?.items?.first?.text == "ndjson:-")
        #expect(node["nested"]?["b"]?.items?.compactMap(\.text) == ["x", "y"])
        #expect(try Node.parse("", name: "a.yaml").entries?.isEmpty == true)
    }

    @Test(arguments: [
        ("a: [1, 2", 1), ("a: 1\na: 2\n", 2), ("a: &x 1\nb: *x\n", 1), ("a: 1\n---\nb: 2\n", 3), ("\"a: 1", 1),
        ("a:\tb: c", 1),
    ]) func whatIsNotReadIsToldWithItsLine(text: String, line: Int) {
        let error = #expect(throws: YAMLError.self) { try Node.parse(text, name: "a.yaml") }
        #expect((line...line + 1).contains(error?.line ?? 0), "\(error?.description ?? "")")
        #expect(error?.description.hasPrefix("a.yaml, line ") == true)
    }

    @Test func depthIsLimited() {
        let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
        #expect(throws: YAMLError.self) { try Node.parse(deep, name: "a.yaml") }
    }
}

@Suite struct OptionsTests {
    private let root = Command(
        name: "tool",
        summary: "A tool.",
        subcommands: [
            Command(
                name: "go",
                summary: "Goes.",
                options: [
                    Option(
                        long: "size",
                        short: "s",
                        value: "N",
                        help: "How big.",
                        environment: "TOOL_SIZE",
                        default: "1MiB"
                    ),
                    Option(long: "quick", help: "Quickly."),
                    Option(long: "to", value: "X", help: "Where.", repeats: true),
                    Option(long: "token", value: "T", help: "Secret.", secret: true),
                ],
                arguments: [Argument(name: "FILE", help: "What.", isOptional: true)],
                run: { _ in .done }
            )
        ]
    )

    private func invoke(
        _ words: [String],
        environment: [String: String] = [:],
        yaml: String? = nil
    ) throws -> Invocation {
        let configuration = try yaml.map { try ConfigurationFile(yaml: $0, path: "tool.yaml") }
        try configuration?.check(against: root)
        return Invocation(
            try CommandLineParser(root: root).parse(words),
            environment: environment,
            configuration: configuration
        )
    }

    @Test func aSettingComesFromTheFirstPlaceThatHasIt() throws {
        #expect(try invoke(["go"]).bytes("size") == 1 << 20)
        #expect(try invoke(["go"], yaml: "size: 2KiB").bytes("size") == 2_048)
        #expect(try invoke(["go"], environment: ["TOOL_SIZE": "3kB"], yaml: "size: 2KiB").bytes("size") == 3_000)
        #expect(try invoke(["go", "--size=4"], environment: ["TOOL_SIZE": "3kB"]).bytes("size") == 4)
        #expect(try invoke(["go", "-s", "5"]).bytes("size") == 5)
        #expect(try invoke(["go", "-s5"]).bytes("size") == 5)
    }

    @Test func flagsListsAndArgumentsStandAnywhere() throws {
        let invocation = try invoke(["go", "--to", "a", "file", "--quick", "--to=b"])
        #expect(invocation.flag("quick"))
        #expect(invocation.strings("to") == ["a", "b"])
        #expect(invocation.arguments == ["file"])
        #expect(try invoke(["go", "--", "--quick"]).arguments == ["--quick"])
        #expect(try invoke(["go", "--to", "-2h"]).strings("to") == ["-2h"])
        #expect(try invoke(["go"], yaml: "to: [x, y]\nquick: true").strings("to") == ["x", "y"])
    }

    @Test(arguments: [
        (["goo"], "did you mean 'tool go'"), (["go", "--quik"], "did you mean '--quick'"),
        (["go", "--size"], "needs a value"),
        (["go", "--quick=1"], "takes no value"), (["go", "a", "b"], "does not know what to do with 'b'"),
        (["go", "-s", "1", "-s", "2"], "twice"), (["go", "-x"], "no option -x"), ([], "needs one of: go"),
    ]) func wrongWordsAreToldWithWhatWouldBeRight(words: [String], expected: String) {
        let error = #expect(throws: UsageError.self) { try CommandLineParser(root: root).parse(words) }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
        #expect(error?.exitStatus == .usage)
    }

    @Test func aSettingThatDoesNothingIsRefusedWithItsLine() {
        let error = #expect(throws: ConfigurationError.self) { try invoke(["go"], yaml: "quick: true\nsizee: 3") }
        #expect(error?.description == "tool.yaml, line 2: no setting is called 'sizee'; did you mean 'size'?")
    }

    @Test(arguments: [
        ("16MiB", 16 << 20), ("1kB", 1_000), ("1TB", 1_000_000_000_000), ("2TiB", 2 << 40), ("7", 7), ("2G", 2 << 30),
        ("", nil), ("x", nil), ("5QB", nil),
        ("-1", nil),
        ("99999999999999999999", nil), ("9999999999999GiB", nil),
    ]) func sizesAreRead(text: String, expected: Int?) {
        #expect(ValueText.bytes(text) == expected)
    }

    @Test(arguments: [
        ("10m", Duration.seconds(600)), ("1h30m", .seconds(5_400)), ("250ms", .milliseconds(250)),
        ("2d", .seconds(172_800)),
        ("", nil), ("10", nil), ("m", nil), ("1x", nil),
    ]) func durationsAreRead(text: String, expected: Duration?) {
        #expect(ValueText.duration(text) == expected)
    }

    @Test func aSecretIsNotRepeatedInAnError() throws {
        let invocation = try invoke(["go", "--token", "hunter2"])
        #expect(!invocation.wrong("token", "hunter2", "a token").description.contains("hunter2"))
    }

    @Test func helpNamesEverything() throws {
        let go = root.subcommands[0]
        let page = HelpPage(go, path: ["tool", "go"], width: 60).text
        for part in [
            "USAGE: tool go [options] [FILE]", "-s, --size N", "default: 1MiB", "TOOL_SIZE", "may be repeated",
        ] {
            #expect(page.contains(part), "\(part)")
        }
        #expect(page.split(separator: "\n").allSatisfy { $0.count <= 60 })
    }
}
