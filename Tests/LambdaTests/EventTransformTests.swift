import Foundation
import TestSupport
import Testing

@testable import Lambda

/// From an event to a response.
@Suite struct EventTransformTests {
    @Test func aRecordOfSeveralLinesGivesAllItsDocumentsALineEach() throws {
        let lines = "\(Event.post(1))\r\n\r\n\(Event.post(2))\n\(Event.post(3))"
        let results = try Event.results(of: Event.of([lines]))
        try #require(results.count == 1 && results[0].result == "Ok")
        let documents = try #require(results[0].data).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(documents.map { $0.prefix(15) } == [#"{"tweet_id":"1""#, #"{"tweet_id":"2""#, #"{"tweet_id":"3""#, ""])
        for document in documents.dropLast() {
            #expect(document.contains(#""timestamp":1780000000123,"#) && !document.contains("version"))
            #expect(document.contains(#""observed_at":"2026-05-28T20:26:40.123000Z""#))
        }
    }

    @Test func aLineThatFailsCostsNoOtherLineAndIsCounted() throws {
        let event = Event.of(["\(Event.post(1))\nnothing\n\(Event.post(2))\n", "nothing\n\n"])
        let response = try EventTransform().respond(to: event)
        let results = try Event.results(response.body)
        #expect(results.map(\.result) == ["Ok", "ProcessingFailed"] && results[1].data == nil)
        #expect(results[0].data?.split(separator: "\n").count == 2)
        let totals = response.totals
        #expect(totals.ok == 1 && totals.failed == 1 && totals.failedLinesBeside == 1 && !totals.isComplete)
        #expect(totals.failReasons == ["malformed": 2] && totals.dropReasons == ["keep-alive": 1])
        #expect(totals.failures.map { "\($0.recordID):\($0.line)" } == ["r0:2", "r1:1"])
    }

    @Test func everyRecordIsAnsweredInOrderWhateverItHolds() throws {
        var random = SeededRandom()
        let transform = EventTransform()
        for _ in 0..<50 {
            let kinds = (0..<Int.random(in: 0...60, using: &random)).map { _ in Int.random(in: 0..<5, using: &random) }
            let data = kinds.enumerated().map { place, kind in
                switch kind {
                case 0: ["", "\r\n", "\n\n"][place % 3]
                case 1: "{\"data\":"
                case 2: #"{"errors":[{"title":"x"}]}"#
                default: Event.post(place, text: String(repeating: "é", count: place * 7)) + (kind == 3 ? "\n" : "")
                }
            }
            let response = try transform.respond(to: Event.of(data))
            let results = try Event.results(response.body)
            #expect(results.map(\.id) == kinds.indices.map { "r\($0)" }, "\(random)")
            #expect(
                results.map(\.result) == kinds.map { ["Dropped", "ProcessingFailed", "Dropped", "Ok", "Ok"][$0] },
                "\(random)"
            )
            for (place, result) in results.enumerated() where result.result == "Ok" {
                #expect(result.data?.hasPrefix(#"{"tweet_id":"\#(place)","#) == true && result.data?.last == "\n")
            }
            let totals = response.totals
            #expect(totals.records == totals.ok + totals.dropped + totals.failed && totals.records == kinds.count)
        }
    }

    @Test func whatDoesNotFitIntoTheResponseFailsAndNothingElse() throws {
        let posts = (0..<40).map { Event.post($0, text: String(repeating: "x", count: $0 % 3 == 0 ? 3_000 : 30)) }
        let whole = try EventTransform().respond(to: Event.of(posts)).body.count
        for limit in stride(from: 2_400, through: whole, by: 997) {
            let response = try EventTransform(responseByteLimit: limit).respond(to: Event.of(posts))
            #expect(response.body.count <= limit)
            let results = try Event.results(response.body)
            #expect(results.map(\.id) == posts.indices.map { "r\($0)" })
            let failed = results.count { $0.result == "ProcessingFailed" }
            #expect(failed > 0 && response.totals.failReasons == ["response-full": failed])
            #expect(response.totals.documents == 40 - failed && response.totals.failed == failed)
        }
        #expect(try Event.results(of: Event.of(posts), limit: whole + 20).allSatisfy { $0.result == "Ok" })
        #expect(throws: LambdaError.self) { try Event.results(of: Event.of(posts), limit: 1_000) }
    }

    @Test func aFullEventIsAnsweredUnderSixMillionBytes() throws {
        // Small posts grow the most.
        let posts = (0..<32_000).map { #"{"data":{"id":"\#($0)","text":"\#($0)"}}"# }
        let event = Event.of(posts)
        #expect(event.count > 2_500_000)
        let response = try EventTransform().respond(to: event)
        #expect(response.body.count <= 6_000_000 && response.body.count > 5_990_000)
        #expect(response.totals.failed > 0 && response.totals.ok + response.totals.failed == posts.count)
    }

    @Test(arguments: [
        "", "[]", "nothing", #"{"records":"#, "{}", #"{"Records":[]}"#, #"{"records":{}}"#, #"{"records":null}"#,
        #"{"records":[1]}"#, #"{"records":[{"data":""}]}"#, #"{"records":[{"recordId":7,"data":""}]}"#,
    ])
    func whatIsNoEventIsRefused(text: String) {
        #expect { try EventTransform().respond(to: Array(text.utf8)) } throws: { error in
            (error as? LambdaError)?.code == .invalidEvent
        }
    }

    @Test func anEventWithoutRecordsIsAnswered() throws {
        let body = try EventTransform().respond(to: Array(#"{"region":1,"records":[]}"#.utf8)).body
        #expect(body == Array(#"{"records":[]}"#.utf8))
    }

    @Test func idsAndDataKeepTheirEscapes() throws {
        let data = Data((Event.post(1, text: "?????????") + "\n").utf8).base64EncodedString()
        let escaped = data.replacingOccurrences(of: "/", with: "\\/")
        #expect(escaped != data)
        let event = #"{"records":[{"recordId":"a\"b\\c\u00e9","approximateArrivalTimestamp":1,"data":"\#(escaped)"}]}"#
        let results = try Event.results(of: Array(event.utf8))
        #expect(results.map(\.id) == ["a\"b\\cé"] && results[0].data?.contains("?????????") == true)
    }

    /// The longest record that is parsed, as in a journal.
    @Test func aLineOfMoreThanFourMebibytesFails() throws {
        let long = String(repeating: "x", count: (4 << 20) - Event.post(1, text: "").utf8.count)
        #expect(try Event.results(of: Event.of([Event.post(1, text: long) + "\n"]))[0].result == "Ok")
        let response = try EventTransform().respond(to: Event.of([Event.post(1, text: long + "x")]))
        #expect(response.totals.failReasons == ["too-long": 1])
    }
}
