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
}
