import Foundation
import Simulator
import Testing

@Suite(.timeLimit(.minutes(20)))
struct RulesEndpointTests {
    private func summary(_ object: [String: Any]) -> [String: Int] {
        (object["meta"] as? [String: Any])?["summary"] as? [String: Int] ?? [:]
    }

    private func rules(_ object: [String: Any], _ key: String = "data") -> [[String: Any]] {
        object[key] as? [[String: Any]] ?? []
    }

    @Test func theFourRulesAreInForceUnlessToldOtherwise() throws {
        let answer = try SimulatorFixture().rules()
        #expect(answer.status == 200)
        #expect(rules(answer.object).compactMap { $0["tag"] as? String } == SimulatedRule.catsAndDogs.map(\.tag))
        #expect((answer.object["meta"] as? [String: Any])?["result_count"] as? Int == 4)
    }

    @Test func noRulesMeansNoData() throws {
        let answer = try SimulatorFixture { $0.rules = [] }.rules()
        #expect(answer.object["data"] == nil)
        #expect((answer.object["meta"] as? [String: Any])?["result_count"] as? Int == 0)
    }

    @Test func rulesAreAddedAndDeleted() throws {
        let fixture = try SimulatorFixture { $0.rules = [] }
        let added = try fixture.rules(
            method: "POST",
            body: ##"{"add":[{"value":"#cat \"a b\"","tag":"t"},{"value":"#dog"}]}"##
        )
        #expect(added.status == 200)
        #expect(summary(added.object) == ["created": 2, "not_created": 0, "valid": 2, "invalid": 0])
        #expect(rules(added.object).compactMap { $0["value"] as? String } == ["#cat \"a b\"", "#dog"])
        #expect(rules(added.object)[1]["tag"] == nil)
        let id = try #require(rules(added.object).first?["id"] as? String)
        let deleted = try fixture.rules(
            method: "POST",
            body: "{\"delete\":{\"ids\":[\"\(id)\",\"999\"],\"values\":[\"#dog\"]}}"
        )
        #expect(summary(deleted.object) == ["deleted": 2, "not_deleted": 1])
        #expect(rules(deleted.object, "errors").first?["value"] as? String == "999")
        #expect(fixture.simulator.rules.isEmpty)
    }

    @Test func aDryRunChangesNothing() throws {
        let fixture = try SimulatorFixture()
        let added = try fixture.rules("?dry_run=true", method: "POST", body: ##"{"add":[{"value":"#fox"}]}"##)
        #expect(summary(added.object)["created"] == 1)
        let all = try fixture.rules("?dry_run=true&delete_all=true", method: "POST")
        #expect(summary(all.object)["deleted"] == 4)
        #expect(fixture.simulator.rules.count == 4)
        _ = try fixture.rules("?delete_all=true", method: "POST")
        #expect(fixture.simulator.rules.isEmpty)
    }

    @Test func aDuplicateIsNamedWithTheExistingRulesId() throws {
        let fixture = try SimulatorFixture()
        let value = try #require(SimulatedRule.catsAndDogs.first?.value)
        let body = try JSONSerialization.data(withJSONObject: ["add": [["value": value, "tag": "other"]]])
        let answer = try fixture.rules(method: "POST", body: String(decoding: body, as: UTF8.self))
        #expect(answer.status == 200)
        #expect(summary(answer.object) == ["created": 0, "not_created": 1, "valid": 0, "invalid": 1])
        let error = try #require(rules(answer.object, "errors").first)
        #expect(error["title"] as? String == "DuplicateRule")
        #expect(error["id"] as? String == fixture.simulator.rules.first?.id)
        #expect((error["type"] as? String)?.hasSuffix("/duplicate-rules") == true)
    }

    @Test func goodRulesAreTakenBesideBadOnes() throws {
        let fixture = try SimulatorFixture { $0.rules = [] }
        let mixed = try fixture.rules(method: "POST", body: ##"{"add":[{"value":"#fox"},{"value":"has:images"}]}"##)
        #expect(mixed.status == 200)
        #expect(summary(mixed.object) == ["created": 1, "not_created": 1, "valid": 1, "invalid": 1])
        #expect((rules(mixed.object, "errors").first?["details"] as? [String])?.count == 1)
        let bad = try fixture.rules(method: "POST", body: #"{"add":[{"value":"(#fox"}]}"#)
        #expect(bad.status == 400)
        #expect(rules(bad.object, "errors").first?["title"] as? String == "UnprocessableEntity")
    }

    @Test(arguments: [
        "", "[]", "{}", "{\"add\":[]}", "{\"add\":[{\"tag\":\"t\"}]}", "{\"add\":[{\"value\":\"a\",\"extra\":1}]}",
        "{\"add\":[{\"value\":\"a\"}],\"delete\":{\"ids\":[\"1\"]}}", "{\"delete\":{}}",
        "{\"delete\":{\"ids\":[\"x\"]}}",
        "{\"delete\":{\"ids\":[1]}}", "{\"remove\":{}}", "{\"add\":[{\"value\":\"a\",\"tag\":7}]}",
    ])
    func aBodyThatXWouldNotUnderstandIsA400(_ body: String) throws {
        let fixture = try SimulatorFixture()
        let answer = try fixture.rules(method: "POST", body: body)
        #expect(answer.status == 400)
        #expect((answer.object["type"] as? String)?.hasSuffix("/invalid-request") == true)
        #expect(fixture.simulator.rules.count == 4)
    }

    @Test func pagesFollowOneAnother() throws {
        let fixture = try SimulatorFixture { $0.rules = (1...25).map { SimulatedRule("word\($0)", tag: nil) } }
        var values: [String] = []
        var query = "?max_results=10"
        for _ in 0..<5 {
            let page = try fixture.rules(query)
            values += rules(page.object).compactMap { $0["value"] as? String }
            guard let token = (page.object["meta"] as? [String: Any])?["next_token"] as? String else { break }
            #expect(token.count == 16)
            query = "?max_results=10&pagination_token=\(token)"
        }
        #expect(values == (1...25).map { "word\($0)" })
        #expect(try fixture.rules("?max_results=0").status == 400)
        #expect(try fixture.rules("?pagination_token=nonsense").status == 400)
    }

    @Test func rulesAreFoundById() throws {
        let fixture = try SimulatorFixture()
        let ids = fixture.simulator.rules.map(\.id)
        let answer = try fixture.rules("?ids=\(ids[2]),\(ids[0])")
        #expect(Set(rules(answer.object).compactMap { $0["id"] as? String }) == [ids[0], ids[2]])
    }

    @Test func rulesAreCountedAndCapped() throws {
        let fixture = try SimulatorFixture { $0.rules = (1...999).map { SimulatedRule("word\($0)", tag: nil) } }
        let counts = try fixture.ask(SimulatorFixture.streamPath + "/rules/counts")
        let data = try #require(counts.object["data"] as? [String: Any])
        #expect(data["project_rules_count"] as? String == "999")
        let answer = try fixture.rules(method: "POST", body: #"{"add":[{"value":"a"},{"value":"b"}]}"#)
        #expect(summary(answer.object)["created"] == 1)
        #expect((rules(answer.object, "errors").first?["type"] as? String)?.hasSuffix("/rule-cap") == true)
    }
}
