import Foundation
import JSON
import TestSupport
import Testing

@testable import Sinks

/// The saved objects; RECORD_SNAPSHOTS=1 writes the golden files anew.
@Suite(.timeLimit(.minutes(15)))
struct DashboardTests {
    private static let engines: [(engine: SearchEngine, product: String)] = [
        (.elasticsearch, "kibana"), (.opensearch, "opensearch"),
    ]
    private let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/dashboards")

    private func objects(_ engine: SearchEngine, alias: String = "posts") throws -> [JSONValue] {
        let text = SearchDashboards(engine, alias: alias).ndjson
        #expect(text.hasSuffix("\n"))
        return try text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map {
            try #require(JSONValue.parse(Array($0.utf8)), "no JSON: \($0)")
        }
    }

    /// The JSON in a string of an object.
    private func nested(_ value: JSONValue?) throws -> JSONValue {
        let text = try #require(value?.text)
        return try #require(JSONValue.parse(Array(text.utf8)))
    }

    @Test(arguments: engines) func theFileIsAsItWasRecorded(engine: SearchEngine, product: String) throws {
        let golden = fixtures.appendingPathComponent("\(product).ndjson")
        let text = SearchDashboards(engine, alias: "posts").ndjson
        if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] != nil {
            try text.write(to: golden, atomically: true, encoding: .utf8)
        }
        #expect(text == (try? String(contentsOf: golden, encoding: .utf8)), "RECORD_SNAPSHOTS=1 records it anew")
    }

    @Test(arguments: engines) func everyReferenceResolvesAndIdsAreTheAliases(engine: SearchEngine, _: String) throws {
        let objects = try objects(engine, alias: "cats.v1")
        let keys = objects.map { "\($0["type"]?.text ?? "") \($0["id"]?.text ?? "")" }
        #expect(Set(keys).count == 6)
        #expect(
            keys.first == "index-pattern reprise-cats.v1-posts" && keys.last == "dashboard reprise-cats.v1-dashboard"
        )
        #expect(objects.first?["attributes"]?["title"]?.text == "cats.v1")
        var referenced = 0
        for object in objects {
            for reference in object["references"]?.elements ?? [] {
                // What is referred to stands before it, as an import of one object after the other needs.
                let key = "\(reference["type"]?.text ?? "") \(reference["id"]?.text ?? "")"
                let own = "\(object["type"]?.text ?? "") \(object["id"]?.text ?? "")"
                let place = try #require(keys.firstIndex(of: key))
                #expect(keys[place...].contains(own))
                referenced += 1
            }
            #expect(object["migrationVersion"]?[object["type"]?.text ?? ""] != nil)
        }
        #expect(referenced == 8)
        // Another alias shares no id, so both can be imported.
        let others = try self.objects(engine, alias: "dogs").map { "\($0["type"]?.text ?? "") \($0["id"]?.text ?? "")" }
        #expect(Set(others).isDisjoint(with: keys))
    }

    @Test(arguments: engines) func nestedNamesStandInTheReferences(engine: SearchEngine, _: String) throws {
        for object in try objects(engine) where object["type"]?.text != "index-pattern" {
            let names = Set((object["references"]?.elements ?? []).compactMap { $0["name"]?.text })
            let attributes = try #require(object["attributes"])
            let search = try nested(attributes["kibanaSavedObjectMeta"]?["searchSourceJSON"])
            if object["type"]?.text == "dashboard" {
                _ = try nested(attributes["optionsJSON"])
                let panels = try nested(attributes["panelsJSON"]).elements
                #expect(Set(panels.compactMap { $0["panelRefName"]?.text }) == names && panels.count == 4)
                for panel in panels {
                    let right = (panel["gridData"]?["x"]?.integer ?? 99) + (panel["gridData"]?["w"]?.integer ?? 99)
                    #expect(right <= 48 && panel["panelIndex"] == panel["gridData"]?["i"])
                }
            } else {
                #expect(names == ["kibanaSavedObjectMeta.searchSourceJSON.index"])
                #expect(search["indexRefName"]?.text == names.first)
                #expect(try nested(attributes["visState"])["title"] == attributes["title"])
            }
        }
    }

    /// What the front ends would ask for these pictures, the engines can answer.
    @Test(.needs(.opensearch, .elasticsearch), arguments: SearchPeer.open)
    func everyFieldCanBeAggregatedAsItIs(peer: SearchPeer) async throws {
        let engine = try await Engine(peer)
        _ = try engine.setup().prepare()
        let document = try fullDocument()
        let path = "/\(engine.alias)/_doc/42?refresh=true"
        #expect(try engine.client.send("PUT", path, body: Array(document.json.utf8)).status == 201)
        var asked = 0
        for object in try objects(engine.address.engine) where object["type"]?.text == "visualization" {
            let state = try nested(object["attributes"]?["visState"])
            let ids = (state["aggs"]?.elements ?? []).compactMap { $0["id"]?.text }
            for aggregation in state["aggs"]?.elements ?? [] {
                let params = try #require(aggregation["params"])
                if let order = params["orderBy"]?.text { #expect(ids.contains(order)) }
                guard let kind = aggregation["type"]?.text, let field = params["field"]?.text else { continue }
                let body: JSONTree
                switch kind {
                case "top_hits": body = ["size": 1, "sort": [["timestamp": "desc"]], "_source": [.string(field)]]
                case "date_histogram": body = ["field": .string(field), "fixed_interval": "30m"]
                default: body = ["field": .string(field)]
                }
                let time: JSONTree = ["gte": "2026-05-28T20:00:00.000Z", "format": "strict_date_optional_time"]
                let answer = try engine.ask(
                    "POST",
                    "/\(engine.alias)/_search",
                    ["size": 0, "query": ["range": ["timestamp": time]], "aggs": ["a": [kind: body]]]
                )["aggregations"]?["a"]
                #expect(
                    answer?["buckets"]?.elements.count == 1 || answer?["value"]?.integer == 3
                        || answer?["hits"]?["hits"]?.elements.first?["_source"]?[field] != nil,
                    "\(kind) of \(field)"
                )
                asked += 1
            }
        }
        #expect(asked == 8)
    }
}
