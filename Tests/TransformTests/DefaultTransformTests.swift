import Foundation
import TestSupport
import Testing
import Time

@testable import Transform

@Suite struct DefaultTransformTests {
    private let full = """
        {"data":{"id":"1346889436626259968","text":"Zażółć \\"🐈\\" \\u0041","created_at":"2021-01-06T18:40:40.000Z",\
        "author_id":"2244994945","lang":"pl","public_metrics":{"retweet_count":1,"reply_count":2,"like_count":3,"quote_count":4},\
        "referenced_tweets":[{"type":"replied_to","id":"5"},{"type":"quoted","id":"6"}]},\
        "matching_rules":[{"id":"1","tag":"cats with images"},{"id":"2"},{"id":"3","tag":"dogs \\u00e9"}]}
        """

    @Test func theDefaultDocumentHasItsFieldsInOrder() {
        let (outcome, documents) = transform(full)
        #expect(outcome == .yielded(1))
        #expect(
            documents == [
                """
                {"tweet_id":"1346889436626259968","retweets":1,"replies":2,"likes":3,"category":"cats with images",\
                "timestamp":1780000000123,"quotes":4,"categories":["cats with images","dogs \\u00e9"],\
                "created_at":"2021-01-06T18:40:40.000Z","observed_at":"2026-05-28T20:26:40.123456Z","author_id":"2244994945",\
                "lang":"pl","text":"Zażółć \\"🐈\\" \\u0041","kind":"quote"}
                """
            ]
        )
    }

    @Test func theVersionOrdersByArrivalThenOrdinalThenClass() throws {
        let batch = DocumentBatch()
        let line = Array("{\"data\":{\"id\":\"7\"}}".utf8) + [UInt8](repeating: 0, count: DefaultTransform.padding)
        line.withUnsafeBytes { bytes in
            let record = UnsafeRawBufferPointer(rebasing: bytes[0..<line.count - DefaultTransform.padding])
            _ = DefaultTransform().transform(record, offset: 9, arrival: someArrival, ordinal: 5, into: batch)
        }
        // Unwrapped first: #expect compares an optional by way of AnyHashable, where the address sanitizer objects.
        let document = try #require(batch.documents.first)
        #expect(document.version == (1_780_000_000_123_456 + 5) * 4 + 1)
        #expect(document.offset == 9)
    }

    @Test func bothSpellingsOfRenamedFieldsGiveTheSameDocument() {
        let renamed = full.replacingOccurrences(of: "retweet_count", with: "repost_count")
            .replacingOccurrences(of: "referenced_tweets", with: "referenced_posts")
        #expect(transform(renamed).1 == transform(full).1)
    }

    @Test(arguments: [
        #"{"retweet_count":1,"repost_count":2}"#, #"{"repost_count":2,"retweet_count":1}"#,
        #"{"repost_count":2,"retweet_count":null}"#, #"{"repost_count":null,"retweet_count":2}"#,
    ]) func ofTwoSpellingsTheNewOneCountsWhereverItStands(metrics: String) {
        let record = """
            {"data":{"referenced_posts":[{"type":"quoted"}],"id":"7","referenced_tweets":[{"type":"retweeted"}],\
            "public_metrics":\(metrics)}}
            """
        let document = transform(record).1.first ?? ""
        #expect(document.contains("\"retweets\":2,"), "\(document)")
        #expect(document.hasSuffix("\"kind\":\"quote\"}"), "\(document)")
    }

    @Test func theOrderOfFieldsMakesNoDifference() throws {
        var random = SeededRandom()
        let expected = transform(full).1
        for _ in 0..<50 {
            let shuffled = try shuffle(JSONSerialization.jsonObject(with: Data(full.utf8)), &random)
            let (outcome, documents) = transform(shuffled)
            #expect(outcome == .yielded(1), "\(random)")
            // Escapes are written anew by the shuffle, so the values are compared.
            let values = try documents.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? NSDictionary }
            let wanted = try expected.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? NSDictionary }
            #expect(values == wanted, "\(random)")
        }
    }

    @Test func whatIsMissingIsLeftOutAndNeverNull() {
        #expect(
            transform("{\"data\":{\"id\":\"7\",\"lang\":null,\"public_metrics\":null},\"matching_rules\":[]}").1 == [
                "{\"tweet_id\":\"7\",\"timestamp\":1780000000123,\"observed_at\":\"2026-05-28T20:26:40.123456Z\",\"kind\":\"post\"}"
            ]
        )
    }

    @Test(arguments: [
        ("", TransformOutcome.dropped(.keepAlive)),
        ("{\"errors\":[{\"title\":\"operational-disconnect\"}]}", .dropped(.error)),
        ("{\"title\":\"operational-disconnect\",\"type\":\"a/operational-disconnect\"}", .dropped(.error)),
        ("{\"data\":{\"id\":\"7\"},\"errors\":[]}", .yielded(1)), ("{}", .failed(.noData)),
        ("{\"data\":null}", .failed(.noData)),
        ("{\"data\":{}}", .failed(.noID)), ("{\"data\":{\"id\":\"\"}}", .failed(.noID)),
        ("{\"data\":{\"id\":\"12a\"}}", .failed(.noID)),
        ("{\"data\":{\"id\":\"12345678901234567890\"}}", .failed(.noID)),
        ("{\"data\":{\"id\":7}}", .failed(.wrongType)),
        ("{\"data\":[]}", .failed(.wrongType)),
        ("{\"data\":{\"id\":\"7\",\"public_metrics\":{\"like_count\":1.5}}}", .yielded(1)),
        ("{\"data\":{\"id\":\"7\",\"public_metrics\":{\"like_count\":99999999999999999999}}}", .yielded(1)),
        ("{\"data\":{\"id\":\"7\"}", .failed(.malformed)), ("{\"data\":{\"id\":\"7\"}} x", .failed(.malformed)),
        ("{\"data\":{\"id\":\"7\"}}{}", .failed(.malformed)), ("[]", .failed(.malformed)), ("7", .failed(.malformed)),
        ("{\"data\":{\"id\":\"7", .failed(.malformed)), ("nonsense", .failed(.malformed)),
        ("{\"data\":{\"id\":\"7\"}} ", .yielded(1)),
        ("{\"data\":{\"id\":\"6\"},\"data\":{\"id\":\"7\"}}", .yielded(1)),
    ]) func everyRecordHasItsReason(line: String, expected: TransformOutcome) {
        #expect(outcome(line) == expected, "\(line)")
    }

    @Test func ofANameThatStandsTwiceTheLastCounts() {
        #expect(
            transform("{\"data\":{\"id\":\"6\",\"lang\":\"de\"},\"data\":{\"id\":\"7\"}}").1.first?.contains("\"7\"")
                == true
        )
        #expect(
            transform("{\"data\":{\"id\":\"6\",\"lang\":\"de\"},\"data\":{\"id\":\"7\"}}").1.first?.contains("lang")
                == false
        )
    }

    /// Bytes changed anywhere: no crash, nothing read past the end, and what is yielded is JSON.
    @Test func mutatedRecordsGiveAReasonOrADocument() throws {
        var random = SeededRandom()
        let bytes = Array(full.utf8)
        for _ in 0..<5_000 {
            var mutated = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let at = Int.random(in: 0..<mutated.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: mutated[at] = UInt8.random(in: 0...255, using: &random)
                case 1: mutated.remove(at: at)
                default: mutated.insert(UInt8.random(in: 32...126, using: &random), at: at)
                }
            }
            for document in transform(mutated).1 {
                #expect(
                    throws: Never.self,
                    "\(random): \(String(decoding: mutated, as: UTF8.self))"
                ) { try JSONSerialization.jsonObject(with: Data(document.utf8)) }
            }
        }
    }

    private func shuffle(_ value: Any, _ random: inout SeededRandom) throws -> String {
        if let object = value as? [String: Any] {
            let members = try object.keys.sorted().shuffled(using: &random).map { key in
                "\"\(key)\":" + (try shuffle(object[key] ?? NSNull(), &random))
            }
            return "{" + members.joined(separator: ",") + "}"
        }
        if let array = value as? [Any] {
            return "[" + (try array.map { try shuffle($0, &random) }).joined(separator: ",") + "]"
        }
        return String(
            decoding: try JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed]),
            as: UTF8.self
        )
    }
}
