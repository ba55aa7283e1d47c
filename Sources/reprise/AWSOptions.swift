internal import AWS
internal import HTTPClient
internal import Options
internal import Sinks

/// How commands that deliver to AWS say what goes there; who asks, and where, is said in AWS's own variables and files.
enum AWSOptions {
    static let options =
        [
            Option(
                long: "include-refreshes",
                help:
                    "Put what lookups brought into a Firehose stream or S3 too: later counts, and posts that are gone."
            ),
            Option(
                long: "raw",
                help:
                    "Put the recorded lines into a Firehose stream as they are, for a stack whose Lambda transforms them."
            ),
            Option(
                long: "pack",
                value: "SIZE",
                help:
                    "Join documents in a Firehose record up to SIZE, 5KB for example: each record is billed in steps of 5 KiB. "
                    + "For streams that deliver to S3 or an HTTP endpoint."
            ),
            Option(
                long: "s3-window",
                value: "TIME",
                help: "How much time of a source's arrivals an object of S3 holds; a day is a whole number of them.",
                default: "15m"
            ),
            Option(
                long: "s3-compression",
                value: "KIND",
                help: "How objects of S3 are compressed: zstd, gzip or none.",
                default: "zstd"
            ),
        ] + ProxySettings.options("aws-proxy", to: "AWS", variable: "REPRISE_AWS_PROXY")

    /// What a delivery stream gets.
    ///
    /// - Throws: `UsageError`, or `ValueError`.
    static func firehose(_ invocation: Invocation) throws -> FirehoseOptions {
        var options = FirehoseOptions()
        options.includesRefreshes = invocation.flag("include-refreshes")
        options.isRaw = invocation.flag("raw")
        if let size = try invocation.bytes("pack") {
            guard (1_000...1_000_000).contains(size) else {
                throw invocation.wrong("pack", invocation.string("pack") ?? "", "a size from 1KB to 1MB")
            }
            // 5 KB is what AWS calls its billing step of 5,120 bytes.
            options.packByteCount = size == 5_000 ? 5_120 : size
        }
        for (other, isSet) in [
            ("include-refreshes", options.includesRefreshes), ("pack", options.packByteCount != nil),
        ]
        where options.isRaw && isSet {
            throw UsageError(
                "--raw puts each line of the stream by itself, so it goes without --\(other)",
                command: invocation.path
            )
        }
        return options
    }

    /// What a bucket gets, and in which form.
    ///
    /// - Throws: `ValueError`.
    static func s3(_ invocation: Invocation) throws -> S3Options {
        var options = S3Options()
        options.includesRefreshes = invocation.flag("include-refreshes")
        if let window = try invocation.duration("s3-window") {
            guard S3Options.isWindow(window) else {
                let text = invocation.string("s3-window") ?? ""
                throw invocation.wrong("s3-window", text, "whole seconds that divide a day, 1m, 15m or 1h for example")
            }
            options.window = window
        }
        if let name = invocation.string("s3-compression") {
            guard let compression = S3Options.Compression(rawValue: name) else {
                throw invocation.wrong("s3-compression", name, "zstd, gzip or none")
            }
            options.compression = compression
        }
        return options
    }

    /// Checks that options of a sink come with one of its kind.
    ///
    /// - Throws: `UsageError`.
    static func check(_ invocation: Invocation, _ sinks: [SinkAddress]) throws {
        let hasStream = sinks.contains { if case .firehose = $0 { true } else { false } }
        let hasBucket = sinks.contains { if case .s3 = $0 { true } else { false } }
        let stream = "--sink firehose:STREAM"
        let bucket = "--sink s3:BUCKET/PREFIX"
        for (option, sink, isThere) in [
            ("raw", stream, hasStream), ("pack", stream, hasStream),
            ("include-refreshes", "\(stream) and \(bucket)", hasStream || hasBucket),
            ("s3-window", bucket, hasBucket), ("s3-compression", bucket, hasBucket),
        ]
        where !isThere && invocation.isOnCommandLine(option) {
            throw UsageError("--\(option) is for \(sink)", command: invocation.path)
        }
    }

    /// How AWS is asked: by the environment, and by AWS's own files.
    ///
    /// - Parameter service: the one that is asked; nil where it is none of AWS's own endpoints.
    /// - Throws: `ConfigurationError`, among others for an endpoint to which everyone on the way could read along.
    static func connection(_ invocation: Invocation, to service: String? = nil) throws -> AWSConnection {
        do {
            let settings = try AWSSettings(environment: invocation.environment)
            var connection = try AWSConnection(settings, http: HTTPClientConfiguration(userAgent: "reprise"))
            let endpoint = try connection.endpoint(of: service ?? "sts")
            connection.http.proxy = try ProxySettings.proxy(invocation, "aws-proxy", for: endpoint.url)
            guard service == nil || !endpoint.isInsecure || invocation.flag("insecure-http") else {
                throw ConfigurationError(
                    "\(endpoint.url) is plain http to another machine, where everyone on the way can read what is sent; use https, "
                        + "or say --insecure-http"
                )
            }
            // Credentials may come from elsewhere than the service, so the proxy is known before they are asked for.
            return try AWSConnection(settings, http: connection.http)
        } catch let error as AWSError {
            throw ConfigurationError(error.message)
        }
    }
}
