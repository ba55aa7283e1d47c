import Failures
import Foundation
import TestSupport
import Testing
import Transform

@testable import Sinks

/// What Firehose refuses, with the next step; what it takes in part.
@Suite struct FirehoseFaultTests {
    private func result(_ status: String, _ body: String) throws -> CallResult {
        let double = FirehoseDouble { _, connection in
            connection.answer(status: status, headers: "Retry-After: 7\r\n", body: body)
            return true
        }
        return try FirehoseFixture.call(
            FirehoseFixture.sink(double.server.url),
            FirehoseFixture.batch(sizes: [50, 50, 50])
        )
    }

    @Test(arguments: [
        ("ResourceNotFoundException", "Firehose posts not found", FailureCause.missingTarget, "create it"),
        ("ResourceNotFoundException", "Stream posts is not in ACTIVE state", .blocked, "describe-delivery-stream"),
        ("InvalidArgumentException", "Firehose posts is not active", .blocked, "wait until it is"),
        ("AccessDeniedException", "no", .permission, "allow firehose:PutRecordBatch"),
        ("InvalidKMSResourceException", "disabled", .permission, "KMS key"),
        ("InvalidSourceException", "no", .foreignTarget, "Direct PUT"),
        ("UnrecognizedClientException", "bad token", .credentials, "check the key"),
        ("InvalidSignatureException", "no", .credentials, "clock"),
        ("InvalidArgumentException", "bad", .badRequest, "check the endpoint"),
    ])
    func whatNeedsAnOperatorSaysWhatToDo(code: String, message: String, cause: FailureCause, advice: String) throws {
        let found = try result("400 Bad", #"{"__type":"\#(code)","message":"\#(message) \#(FirehoseFixture.secret)"}"#)
        guard case .failed(cause, let reason, _) = found else {
            Issue.record("\(found)")
            return
        }
        #expect(cause.kind == .operatorNeeded && reason.contains(advice) && reason.contains(code))
        #expect(!reason.contains("canary"))
    }

    @Test(arguments: ["400 Bad", "503 Busy", "429 Many"])
    func throttlingIsPushBack(status: String) throws {
        let found = try result(status, #"{"__type":"ServiceUnavailableException","message":"Slow down."}"#)
        guard case .failed(.rateLimited, _, .seconds(7)?) = found else {
            Issue.record("\(found)")
            return
        }
    }

    @Test func aBodyThatIsTooLargeIsHalved() throws {
        #expect(try result("413 Large", "") == .tooLarge)
    }

    @Test func onlyRecordsThatFailedAreTriedAgainAndOversizedOnesAreRejected() throws {
        let double = FirehoseDouble { _, connection in
            connection.answer(
                status: "200 OK",
                body: #"{"FailedPutCount":1,"RequestResponses":[{"RecordId":"a"},{"ErrorCode":"InternalFailure"}]}"#
            )
            return true
        }
        let sink = try FirehoseFixture.sink(double.server.url)
        let found = try FirehoseFixture.call(sink, FirehoseFixture.batch(sizes: [50, 1_100_000, 60]))
        guard case .outcomes(let outcomes) = found, outcomes.count == 3 else {
            Issue.record("\(found)")
            return
        }
        #expect(outcomes[0] == .accepted && outcomes[2] == .retry)
        guard case .rejected(let reason) = outcomes[1] else {
            Issue.record("\(outcomes[1])")
            return
        }
        #expect(reason.contains("1,000 KiB") && sink.totals.records == 1 && sink.totals.billedBytes == 5_120)
    }

    @Test func aCallHolds500RecordsAnd4MiBAtMost() throws {
        let double = FirehoseDouble()
        let sink = try FirehoseFixture.sink(double.server.url)
        #expect(
            try FirehoseFixture.call(sink, FirehoseFixture.batch(sizes: Array(repeating: 30, count: 501))) == .tooLarge
        )
        #expect(
            try FirehoseFixture.call(sink, FirehoseFixture.batch(sizes: Array(repeating: 1_000_000, count: 4)))
                == .tooLarge
        )
        #expect(double.state.heads.isEmpty)
        let most = try FirehoseFixture.call(sink, FirehoseFixture.batch(sizes: Array(repeating: 1_000_000, count: 3)))
        #expect(most == .outcomes([.accepted, .accepted, .accepted]))
        #expect(sink.batchByteLimit / 3 * 4 + 500 * 64 <= 4 << 20)
    }

    @Test func anOversizedDocumentAloneAsksForNothing() throws {
        let double = FirehoseDouble()
        let sink = try FirehoseFixture.sink(double.server.url)
        let found = try FirehoseFixture.call(sink, FirehoseFixture.batch(sizes: [1_100_000]))
        guard case .outcomes(let outcomes) = found, case .rejected = outcomes.first else {
            Issue.record("\(found)")
            return
        }
        #expect(double.state.heads.isEmpty && sink.totals.calls == 0)
    }

    @Test func packingIsRefusedWhereTheStreamWantsADocumentARecord() throws {
        func check(_ destination: String) throws {
            let double = FirehoseDouble { _, connection in
                connection.answer(
                    status: "200 OK",
                    body:
                        #"{"DeliveryStreamDescription":{"Destinations":[{"DestinationId":"d","\#(destination)DestinationDescription":{}}]}}"#
                )
                return true
            }
            var options = FirehoseOptions()
            options.packByteCount = 5_120
            try FirehoseSetup(FirehoseAddress("posts"), FirehoseFixture.connection(double.server.url)).check(options) {
                false
            }
        }
        try check("ExtendedS3")
        try check("HttpEndpoint")
        for name in ["Amazonopensearchservice", "AmazonOpenSearchServerless", "Elasticsearch", "Splunk"] {
            let error = #expect(throws: SinkError.self) { try check(name) }
            #expect(error?.code == .refused && error?.message.contains("\(name), which takes one document") == true)
        }
    }

    @Test(arguments: ["", "a b", "ä", String(repeating: "x", count: 65), "a/b"])
    func namesThatNoStreamHasAreRefused(name: String) {
        let error = #expect(throws: SinkError.self) { try SinkAddress("firehose:\(name)") }
        #expect(error?.code == .address && error?.message.contains("firehose:STREAM") == true)
    }
}
