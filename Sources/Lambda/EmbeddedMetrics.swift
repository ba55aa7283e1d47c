internal import JSON
public import Time

/// An invocation's figures in CloudWatch's embedded metric format: a line of JSON that CloudWatch Logs turns into metrics.
public struct EmbeddedMetrics: Sendable {
    private let namespace: String
    private let function: String

    /// Where the figures stand in CloudWatch unless told otherwise.
    public static let defaultNamespace = "Reprise"

    /// Makes metrics of a function.
    ///
    /// - Parameter namespace: 1 to 255 letters, digits and `.-_/#:`, not beginning with a colon; nil is returned for another.
    public init?(namespace: String, function: String) {
        let letters = namespace.utf8
        let isValid = letters.allSatisfy { letter in
            (48...58).contains(letter) || (65...90).contains(letter) || (97...122).contains(letter)
                || [35, 45, 46, 47, 95].contains(letter)
        }
        guard isValid, (1...255).contains(letters.count), letters.first != 58, !namespace.hasPrefix("AWS/") else {
            return nil
        }
        self.namespace = namespace
        self.function = function.isEmpty ? "reprise" : function
    }

    /// The line of an invocation that got a response, LF included.
    ///
    /// - Parameters:
    ///   - request: the invocation's id.
    ///   - time: how long making the response took.
    ///   - now: when.
    public func line(
        _ totals: EventTotals,
        request: String,
        eventBytes: Int,
        responseBytes: Int,
        time: Duration,
        now: Timestamp
    ) -> String {
        let figures: [(name: String, unit: String, value: Int)] = [
            ("Records", "Count", totals.records), ("Ok", "Count", totals.ok), ("Dropped", "Count", totals.dropped),
            ("ProcessingFailed", "Count", totals.failed), ("Documents", "Count", totals.documents),
            ("FailedLines", "Count", totals.failedLinesBeside),
            ("SkippedDocuments", "Count", totals.skippedDocuments), ("InvalidEvents", "Count", 0),
            ("EventBytes", "Bytes", eventBytes), ("ResponseBytes", "Bytes", responseBytes),
            ("TransformTime", "Microseconds", Int(time / .microseconds(1))),
        ]
        func reasons(_ counts: [String: Int]) -> JSONTree {
            .object(counts.sorted { $0.key < $1.key }.map { (name: $0.key, value: .integer($0.value)) })
        }
        return line(
            figures,
            [
                ("DropReasons", reasons(totals.dropReasons)), ("FailReasons", reasons(totals.failReasons)),
                ("LeftOutValues", .integer(totals.leftOutValues)),
            ],
            request,
            now
        )
    }

    /// The line of an invocation whose event was none of Firehose's, LF included.
    public func line(invalid error: LambdaError, request: String, eventBytes: Int, now: Timestamp) -> String {
        line(
            [("InvalidEvents", "Count", 1), ("EventBytes", "Bytes", eventBytes)],
            [("Error", .string(error.message))],
            request,
            now
        )
    }

    // MARK: - Internal

    private func line(
        _ figures: [(name: String, unit: String, value: Int)],
        _ properties: [(String, JSONTree)],
        _ request: String,
        _ now: Timestamp
    ) -> String {
        let metrics = figures.map { figure -> JSONTree in ["Name": .string(figure.name), "Unit": .string(figure.unit)] }
        let directive: JSONTree = [
            "Namespace": .string(namespace), "Dimensions": [["FunctionName"]], "Metrics": .array(metrics),
        ]
        let head: [(String, JSONTree)] = [
            ("_aws", ["Timestamp": .integer(Int(now.milliseconds)), "CloudWatchMetrics": [directive]]),
            ("FunctionName", .string(function)), ("RequestId", .string(request)),
        ]
        let members = head + figures.map { ($0.name, .integer($0.value)) } + properties
        return JSONTree.object(members.map { (name: $0.0, value: $0.1) }).text + "\n"
    }
}
