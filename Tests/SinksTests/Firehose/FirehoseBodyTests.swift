import Foundation
import TestSupport
import Testing
import Time
import Transform

@testable import Sinks

/// Documents in base64 records, a document each or several.
@Suite struct FirehoseBodyTests {
    private func decoded(_ body: FirehoseBody) throws -> [String] {
        let object = try #require(
            JSONSerialization.jsonObject(with: Data(body.bytes)) as? [String: Any]
        )
        #expect(object["DeliveryStreamName"] as? String == "posts")
        let records = try #require(object["Records"] as? [[String: String]])
        return try records.map { String(decoding: try #require(Data(base64Encoded: $0["Data"] ?? "!")), as: UTF8.self) }
    }

    @Test func eachDocumentIsARecordWithItsVersionLastAndALineFeed() throws {
        let batch = FirehoseFixture.batch(sizes: Array(20..<120))
        let body = FirehoseBody(stream: "posts", isRaw: false, packByteCount: 0)
        // Written again in place, whatever was there.
        for _ in 0..<2 { body.fill(batch, FirehoseFixture.numbers(batch)) }
        let records = try decoded(body)
        try #require(records.count == 100)
        for (record, document) in zip(records, batch.documents) {
            let json = batch.json(of: document)
            #expect(record == "\(json.dropLast()),\"version\":\(document.version)}\n")
        }
        #expect(body.records.map(\.byteCount) == records.map(\.utf8.count))
    }

    @Test func recordedLinesStandAsTheyAre() throws {
        let batch = FirehoseFixture.batch(sizes: [20, 21, 22])
        let body = FirehoseBody(stream: "posts", isRaw: true, packByteCount: 0)
        body.fill(batch, [0, 2])
        #expect(try decoded(body) == [0, 2].map { batch.json(of: batch.documents[$0]) + "\n" })
    }

    @Test func documentsAreJoinedUpToTheSizeInOrder() throws {
        var random = SeededRandom()
        let sizes = (0..<300).map { _ in Int.random(in: 20...6_000, using: &random) }
        let batch = FirehoseFixture.batch(sizes: sizes)
        let (body, single) = (
            FirehoseBody(stream: "posts", isRaw: false, packByteCount: 5_120),
            FirehoseBody(stream: "posts", isRaw: false, packByteCount: 0)
        )
        body.fill(batch, FirehoseFixture.numbers(batch))
        single.fill(batch, FirehoseFixture.numbers(batch))
        let records = try decoded(body)
        #expect(records.joined() == (try decoded(single).joined()), "\(random)")
        #expect(records.count < 300 && body.records.map(\.documents.count).reduce(0, +) == 300)
        for record in body.records {
            #expect(record.byteCount <= 5_120 || record.documents.count == 1)
            #expect(record.documents.count == 1 || record.unpackedBytes == 5_120 * record.documents.count)
        }
        // None could have taken the first document of the next.
        for (record, next) in zip(body.records, body.records.dropFirst()) {
            #expect(record.byteCount + single.records[next.documents.lowerBound].byteCount > 5_120)
        }
    }

    @Test func whatNoRecordHoldsIsLeftOutByItsPlace() throws {
        let batch = FirehoseFixture.batch(sizes: [100, 1_024_000, 100, 1_023_958])
        let body = FirehoseBody(stream: "posts", isRaw: false, packByteCount: 5_120)
        body.fill(batch, FirehoseFixture.numbers(batch))
        #expect(body.oversized == [1] && body.records.map(\.documents) == [0..<1, 2..<3, 3..<4])
        let raw = FirehoseBody(stream: "posts", isRaw: true, packByteCount: 0)
        raw.fill(FirehoseFixture.batch(sizes: [1_023_999, 1_024_000]), [0, 1])
        #expect(raw.oversized == [1] && raw.records.first?.byteCount == 1_024_000)
    }

    @Test(arguments: [
        (
            #"{"FailedPutCount":0,"Encrypted":false,"RequestResponses":[{"RecordId":"a"},{"RecordId":"b"}]}"#,
            [true, true]
        ),
        (#"{"FailedPutCount": 0, "RequestResponses": [{"RecordId": "a"}, {"RecordId": "b"}]}"#, [true, true]),
        (#"{"RequestResponses":[{"RecordId":"a"},{"RecordId":"b"}],"FailedPutCount":0}"#, [true, true]),
        (
            #"{"FailedPutCount":1,"RequestResponses":[{"ErrorCode":"InternalFailure"},{"RecordId":"b"}]}"#,
            [false, true]
        ),
        (#"{"FailedPutCount":2,"RequestResponses":[{"ErrorCode":"x"},{"ErrorCode":"y"}]}"#, [false, false]),
        (
            #"{"FailedPutCount":0,"RequestResponses":[{"RecordId":"a","ErrorCode":null},{"RecordId":"b"}]}"#,
            [true, true]
        ),
    ])
    func aReplySaysOfEachRecordWhetherItWasTaken(text: String, taken: [Bool]) {
        #expect(FirehoseReply(Array(text.utf8), records: 2)?.isTaken == taken)
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"FailedPutCount":0}"#, #"{"FailedPutCount":0,"RequestResponses":[{"RecordId":"a"}]}"#,
        #"{"FailedPutCount":0,"RequestResponses":[{"RecordId":"a"},{}]}"#,
        #"{"FailedPutCount":1,"RequestResponses":[{"RecordId":"a"},{"RecordId":"b"}]}"#,
        #"{"FailedPutCount":0,"RequestResponses":[{"ErrorCode":"a"},{"RecordId":"b"}]}"#,
        #"{"FailedPutCount":0,"RequestResponses":[{"RecordId":"a"},{"RecordId":"b"#,
        #"{"FailedPutCount":10,"RequestResponses":[{"RecordId":"a"},{"RecordId":"b"}]}"#,
    ])
    func aReplyThatIsNotAboutTheCallIsNone(text: String) {
        #expect(FirehoseReply(Array(text.utf8), records: 2) == nil)
    }
}
