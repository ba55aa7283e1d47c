import Foundation
import Testing
import Time

@testable import Lambda

/// A line of figures that CloudWatch understands.
@Suite struct EmbeddedMetricsTests {
    private let now = Timestamp(milliseconds: 1_780_000_000_123)

    private func object(_ line: String) throws -> [String: Any] {
        #expect(line.hasSuffix("\n") && line.dropLast().allSatisfy { $0 != "\n" })
        return try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    /// Every name that the directive lists has a number beside it, and each dimension a text.
    private func check(_ line: [String: Any]) throws -> Set<String> {
        let head = try #require(line["_aws"] as? [String: Any])
        #expect(head["Timestamp"] as? Int == 1_780_000_000_123)
        let directives = try #require(head["CloudWatchMetrics"] as? [[String: Any]])
        let directive = try #require(directives.first)
        #expect(directives.count == 1 && directive["Namespace"] as? String == "Cats/Dogs")
        for name in try #require(directive["Dimensions"] as? [[String]]).joined() { #expect(line[name] is String) }
        let metrics = try #require(directive["Metrics"] as? [[String: String]])
        let names = try metrics.map { try #require($0["Name"]) }
        for name in names { #expect(line[name] is Int, "\(name)") }
        // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
        #expect(Set(metrics.compactMap { $0["Unit"] }).isSubset(of: ["Count", "Bytes", "Microseconds"]))
        #expect(metrics.count <= 100 && Set(names).count == names.count)
        return Set(names)
    }

    @Test func theFiguresOfAnInvocationAreMetrics() throws {
        let metrics = try #require(EmbeddedMetrics(namespace: "Cats/Dogs", function: "posts"))
        let event = Event.of([Event.post(1), "\n", "nothing", "\(Event.post(2))\n{\n\(Event.post(3))\n"])
        let totals = try EventTransform().respond(to: event).totals
        let line = try object(
            metrics.line(
                totals,
                request: "r-1",
                eventBytes: 900,
                responseBytes: 700,
                time: .microseconds(1_234),
                now: now
            )
        )
        let names = try check(line)
        let expected = [
            "Records": 4, "Ok": 2, "Dropped": 1, "ProcessingFailed": 1, "Documents": 3, "FailedLines": 1,
            "SkippedDocuments": 0, "InvalidEvents": 0, "EventBytes": 900, "ResponseBytes": 700, "TransformTime": 1_234,
        ]
        #expect(names == Set(expected.keys))
        for (name, value) in expected { #expect(line[name] as? Int == value, "\(name)") }
        #expect(line["FunctionName"] as? String == "posts" && line["RequestId"] as? String == "r-1")
        #expect(line["FailReasons"] as? [String: Int] == ["malformed": 2])
    }

    @Test func anEventThatIsNoneIsAMetricToo() throws {
        let metrics = try #require(EmbeddedMetrics(namespace: "Cats/Dogs", function: ""))
        let error = LambdaError(code: .invalidEvent, message: "no \"event\"")
        let line = try object(metrics.line(invalid: error, request: "r-2", eventBytes: 3, now: now))
        #expect(try check(line) == ["InvalidEvents", "EventBytes"])
        #expect(line["InvalidEvents"] as? Int == 1 && line["FunctionName"] as? String == "reprise")
    }

    @Test(arguments: ["", ":a", "a b", "é", "AWS/Lambda", String(repeating: "a", count: 256)])
    func aNamespaceThatCloudWatchRefusesIsRefused(name: String) {
        #expect(EmbeddedMetrics(namespace: name, function: "f") == nil)
        #expect(EmbeddedMetrics(namespace: "a.-_/#:9", function: "f") != nil)
    }
}
