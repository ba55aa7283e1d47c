import Foundation
import HTTPClient
import TestSupport
import Testing
import Time

@testable import AWS

/// Random requests signed here and by botocore, the code that most of AWS's users sign with.
@Suite(.timeLimit(.minutes(20)))
struct BotocoreTests {
    /// REPRISE_TEST_SIGNATURES sets how many.
    @Test(.needsPython) func signaturesEqualThoseOfBotocore() throws {
        let count = Int(ProcessInfo.processInfo.environment["REPRISE_TEST_SIGNATURES"] ?? "") ?? 500
        var random = SeededRandom()
        let requests = (0..<count).map { _ in RandomRequest(&random) }
        let lines = try requests.map { try $0.json() }.joined(separator: "\n") + "\n"
        let answer = try Python.run(["sign.py"], input: Data(lines.utf8))
        let signatures = answer.split(separator: "\n")
        try #require(signatures.count == count)
        for (request, signature) in zip(requests, signatures) {
            let own = request.signed()
            #expect(own.signature == signature, "\(random): \(request)\n\(own.canonicalRequest)")
            if own.signature != signature { break }
        }
    }
}

/// A request of any shape that both sides are to sign alike.
private struct RandomRequest: CustomStringConvertible {
    let request: SigningRequest
    let body: String
    let service: String
    let region: String
    let time: Timestamp
    let token: String?
    let key: String

    init(_ random: inout SeededRandom) {
        func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &random)] }
        func text(_ pieces: [String], _ counts: ClosedRange<Int>) -> String {
            (0..<Int.random(in: counts, using: &random)).map { _ in pick(pieces) }.joined()
        }
        service = pick(["s3", "firehose", "es", "aoss", "sts", "service"])
        region = pick(["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1"])
        time = Timestamp(milliseconds: Int64.random(in: 0...4_000_000_000_000, using: &random))
        token = pick([nil, "IQoJb3JpZ2luX2VjE//+==", text(["a", "/", "+", "="], 7...400)])
        key = text(["k", "/", "+", "Z", "0"], 8...60)
        let unit = [
            "a", "Z", "0", "-", "_", ".", "~", "%20", "%2F", "%3C", "%C3%A9", "*", "(", "'", "!", "+", ":", "@", "$",
            ",",
        ]
        let path = "/" + text(unit + ["/", "//", "/./", "/../", "/a/b/", "."], 0...14)
        let pair = unit + ["=", "="]
        let query = (0..<pick([0, 0, 1, 2, 5])).map { _ in text(pair, 1...6) }.joined(separator: "&")
        let blanks = ["", " ", "  ", "\t", " \t "]
        var headers = [("Host", pick(["example.amazonaws.com", "localhost:4566", "b.s3.us-east-1.amazonaws.com"]))]
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            let name = pick([
                "Content-Type", "X-Amz-Target", "x-amz-meta-a", "X-Amz-Meta-B", "x-amz-meta-a", "If-None-Match",
                "User-Agent", "Range", "Expect", "Connection", "X-Amzn-Trace-Id", "Cache-Control",
            ])
            headers.append((name, text(["v", "1", ";", "=", "\"", ",", "/"] + blanks, 0...8)))
        }
        body = text(["{", "}", "\"a\":1", "\n", "é", "🐈", " "], 0...40)
        request = SigningRequest(
            method: pick(["GET", "PUT", "POST", "DELETE", "HEAD"]),
            path: path,
            query: query,
            headers: headers,
            body: Array(body.utf8)
        )
    }

    func signed() -> SigV4.Signature {
        let credentials = AWSCredentials(
            accessKeyID: "AKIDEXAMPLE",
            secretAccessKey: Secret(key),
            sessionToken: token.map { Secret($0) }
        )
        return SigV4(region: region, service: service).sign(request, credentials, at: time)
    }

    func json() throws -> String {
        var object: [String: Any] = [
            "method": request.method, "path": request.path, "query": request.query, "body": body,
            "headers": request.headers.map { [$0.name, $0.value] }, "service": service, "region": region,
            "time": SigV4.stamp(time), "key": key,
        ]
        if let token { object["token"] = token }
        return String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
    }

    var description: String { (try? json()) ?? "" }
}
