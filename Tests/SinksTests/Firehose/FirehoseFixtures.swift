import AWS
import Foundation
import HTTPClient
import TestSupport
import Time
import Transform

@testable import Sinks

/// A connection to a double, and batches to put into it.
enum FirehoseFixture {
    static let secret = "canary-secret-77a1"

    static func connection(_ url: String, timeout: Duration = .seconds(10)) throws -> AWSConnection {
        let settings = try AWSSettings(environment: [
            "HOME": "/nowhere", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL_FIREHOSE": url,
            "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": secret,
        ])
        return try AWSConnection(settings, http: HTTPClientConfiguration(userAgent: "test"), timeout: timeout)
    }

    static func sink(
        _ url: String,
        timeout: Duration = .seconds(10),
        _ change: (inout FirehoseOptions) -> Void = { _ in }
    ) throws -> FirehoseSink {
        var options = FirehoseOptions()
        change(&options)
        return try FirehoseSink(FirehoseAddress("posts"), connection(url, timeout: timeout), options)
    }

    /// One document of each size, as recorded lines are; the text is `x` again and again.
    static func batch(sizes: [Int]) -> DocumentBatch {
        let batch = DocumentBatch()
        for (number, size) in sizes.enumerated() {
            let line = Array("{\"n\":\"\(number)\",\"t\":\"".utf8)
            let whole = line + [UInt8](repeating: 120, count: max(0, size - line.count - 2)) + Array("\"}".utf8)
            whole.withUnsafeBytes {
                batch.addRecord(
                    $0,
                    offset: UInt64(number) * 10,
                    arrival: Timestamp(microseconds: 1_790_000_000_000_000 + Int64(number)),
                    ordinal: 0,
                    origin: .stream
                )
            }
        }
        return batch
    }

    static func numbers(_ batch: DocumentBatch) -> [Int32] { (0..<Int32(batch.documents.count)).map { $0 } }

    /// One call with all documents of a batch.
    static func call(_ sink: any RemoteSink, _ batch: DocumentBatch) throws -> CallResult {
        try sink.makeCaller().call(batch, numbers(batch), CallControl())
    }
}
