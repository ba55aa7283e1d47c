import Foundation
import Testing
import XAPI

struct RulesFileTests {
    @Test func theShippedRulesAreTheFour() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("data/rules/cats-v-dogs.yaml").path
        let rules = try RulesFile.parse(try String(contentsOfFile: path, encoding: .utf8), name: "cats-v-dogs.yaml")
        let cats = "(#cat OR #kitty OR #cats OR #kitten)"
        let dogs = "(#dog OR #doggo OR #doggy OR #puppy)"
        #expect(
            rules == [
                StreamRule(value: "\(cats) has:images", tag: "cats with images"),
                StreamRule(value: "\(dogs) has:images", tag: "dogs with images"),
                StreamRule(value: "\(cats) has:videos", tag: "cats with videos"),
                StreamRule(value: "\(dogs) has:videos", tag: "dogs with videos"),
            ]
        )
    }

    @Test func aTagMayBeLeftOut() throws {
        #expect(try RulesFile.parse("- value: '#cat'\n", name: "f") == [StreamRule(value: "#cat")])
    }

    @Test(arguments: [
        ("", 1), ("value: x", 1), ("[]", 1), ("- x", 1), ("- value: a\n- tag: b\n", 2), ("- value: a\n  tags: b\n", 2),
        ("- value: a\n- value: b\n- value: a\n", 3), ("- value: [a]\n", 1), ("- value: ' a'\n", 1),
        ("- value: ''\n", 1),
        ("- value: \"a\\nb\"\n", 1), ("- value: a\n  tag: {}\n", 2), ("- value: 'a\n", 2),
    ])
    func whatIsWrongIsSaidWithItsLine(_ text: String, _ line: Int) {
        let error = #expect(throws: XAPIError.self) { try RulesFile.parse(text, name: "rules.yaml") }
        #expect(error?.code == .invalidRules)
        #expect(error?.message.hasPrefix("rules.yaml, line \(line)") == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        "- value: cats has:images #kitty lang:en\n  tag: cats\n", "- value: cats\t#dogs\n", "- value: #cats\n",
        "- value: 'cats'\n  tag: c #1\n", "- value: größe #maß\n",
        "# Umlaute: äöü €\n- value: a\n  tag: b # c\n", "- value: cats\n    OR dogs #pets\n",
        "- value: cats # a comment\n",
    ]) func aCommentBehindAnUnquotedValueIsRefusedWithTheRemedy(_ text: String) {
        let error = #expect(throws: XAPIError.self) { try RulesFile.parse(text, name: "rules.yaml") }
        #expect(error?.code == .invalidRules && error?.message.contains("in quotes") == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        "- value: 'cats #dogs'\n", "- value: \"cats #dogs\" # said so\n",
        "# first\n- value: 'cats #dogs'\n  # between\n",
        "- value: >-\n    cats #dogs\n", "- value: 'cats #dogs'\n# last",
    ]) func quotedNumberSignsAndOtherCommentsAreTaken(_ text: String) throws {
        #expect(try RulesFile.parse(text, name: "rules.yaml").map(\.value) == ["cats #dogs"])
    }

    @Test func aNumberSignInsideAWordIsNoComment() throws {
        #expect(try RulesFile.parse("- value: (cats OR a#b)\n", name: "f").map(\.value) == ["(cats OR a#b)"])
    }
}
