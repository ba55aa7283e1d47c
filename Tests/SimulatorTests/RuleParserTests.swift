import Testing

@testable import Simulator

struct RuleParserTests {
    private func matches(_ rule: String, _ features: [String]) throws -> Bool {
        try RuleParser.parse(rule).matches(features)
    }

    @Test func andBindsBeforeOr() throws {
        #expect(try matches("a b OR c", ["c"]))
        #expect(try matches("a b OR c", ["a", "b"]))
        #expect(try !matches("a b OR c", ["a"]))
        #expect(try !matches("a (b OR c)", ["c"]))
    }

    @Test func caseDoesNotMatterAndNegationDoes() throws {
        #expect(try matches("#Cat HAS:images -is:retweet", ["#cat", "has:images"]))
        #expect(try !matches("#Cat has:images -is:retweet", ["#cat", "has:images", "is:retweet"]))
    }

    @Test(arguments: [
        "", "   ", "(#cat", "#cat)", "\"cat", "#cat OR", "OR #cat", "has:images", "-#cat", "-(#cat #dog)",
        "(#cat OR has:images)", "nosuch:thing", "from:", "cat and dog", "cat or dog", "#cat -sample:10", "()",
        String(repeating: "x", count: 1_025),
    ])
    func whatXRefusesIsRefused(_ rule: String) {
        #expect(throws: RuleParser.Failure.self) { try RuleParser.parse(rule) }
    }

    @Test(arguments: [
        "(#cat OR #kitty) has:images", "from:somebody", "\"a phrase\" lang:en", "#cat -is:retweet sample:10",
        "url:\"https://example.com/a b\"", "bounding_box:[-105.3 39.9 -105.1 40.1] cat", "猫", "cat \"and\" dog", "🐱",
        String(repeating: "x", count: 1_024),
    ])
    func whatXTakesIsTaken(_ rule: String) {
        #expect(throws: Never.self) { try RuleParser.parse(rule) }
    }
}
