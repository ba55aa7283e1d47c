internal import Lambda
internal import Lifecycle
internal import Options
internal import Time

/// `reprise lambda`: the transform as a custom runtime of AWS Lambda.
enum LambdaCommand {
    /// Lambda hands over 6 MB at most.
    static let eventByteLimit = 8 << 20

    static let command = Command(
        name: "lambda",
        summary: "Run the transform as an AWS Lambda function behind Amazon Data Firehose.",
        discussion: [
            "Lambda starts it: 'make lambda' makes dist/lambda.zip, whose bootstrap runs this command. It asks the Runtime API at "
                + "AWS_LAMBDA_RUNTIME_API for transformation events and answers each record with Ok and its documents, Dropped, or "
                + "ProcessingFailed. A response stays under 6 MB: records whose documents do not fit fail.",
            "Documents are as a replay makes them, but without a version; the time is that at which Firehose took the record. "
                + "Deletions are left out, and counted.",
            "Each invocation prints a line of metrics in CloudWatch's embedded metric format on standard output.",
        ],
        examples: [("reprise transform --event data/events/original.json", "the same transform by hand")],
        options: [
            Option(
                long: "metrics-namespace",
                value: "NAME",
                help: "Where CloudWatch shows the metrics.",
                environment: "REPRISE_METRICS_NAMESPACE",
                default: EmbeddedMetrics.defaultNamespace
            )
        ],
        run: { invocation in
            guard let address = invocation.environment["AWS_LAMBDA_RUNTIME_API"], !address.isEmpty else {
                throw ConfigurationError(
                    "AWS_LAMBDA_RUNTIME_API is not set, so this is no AWS Lambda; to try the transform by hand: "
                        + "reprise transform --event FILE"
                )
            }
            let runtime = try LambdaRuntime(address: address)
            let shutdown = ShutdownSignal()
            let signals = Signals.requestOn(Signals.stopSignals, shutdown)
            defer { signals.cancel() }
            let namespace = invocation.string("metrics-namespace") ?? EmbeddedMetrics.defaultNamespace
            let function = invocation.environment["AWS_LAMBDA_FUNCTION_NAME"] ?? ""
            guard let metrics = EmbeddedMetrics(namespace: namespace, function: function) else {
                let error = invocation.wrong(
                    "metrics-namespace",
                    namespace,
                    "1 to 255 letters, digits and .-_/#:, not beginning with a colon or AWS/"
                )
                return try runtime.run(orFail: "\(error)", metrics: nil, shutdown)
            }
            return try runtime.run(orFail: nil, metrics: metrics, shutdown)
        }
    )
}
