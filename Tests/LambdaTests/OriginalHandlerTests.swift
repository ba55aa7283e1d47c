import Foundation
import Lambda
import TestSupport
import Testing

/// The original pipeline's own Lambda, run by Python, over the same event.
@Suite struct OriginalHandlerTests {
    @Test(.needs(.stream), .needsPython) func theSixFieldsAreThoseOfTheOriginalForEveryRealPost() throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: SharedData.stream.path))
        let posts = data.split(separator: 10).filter { $0.count > 1 }.map { String(decoding: $0, as: UTF8.self) }
        #expect(posts.count > 300)
        // As the stream sends them, and as the original's producer put them: without a line end.
        let event = Event.of(
            posts.enumerated().map { $0 % 2 == 0 ? "\($1)\n" : $1.filter { $0 != "\r\n" && $0 != "\r" } }
        )
        let original = try Python.run(["original_handler.py"], input: Data(event))
        let theirs = try Event.results(Array(original.utf8))
        let ours = try Event.results(of: event)
        try #require(ours.count == posts.count && theirs.count == posts.count)
        let six = try JSONDecoder.sixFields(theirs)
        #expect(try JSONDecoder.sixFields(ours) == six)
        #expect(zip(ours, theirs).allSatisfy { $0.id == $1.id && $0.result == "Ok" && $1.result == "Ok" })
        #expect(Set(six.map(\.timestamp)).count == posts.count)
    }
}

private struct SixFields: Decodable, Equatable {
    let tweet_id: String
    let retweets: Int
    let replies: Int
    let likes: Int
    let category: String
    let timestamp: Int
}

extension JSONDecoder {
    fileprivate static func sixFields(_ results: [GivenResult]) throws -> [SixFields] {
        try results.map { try JSONDecoder().decode(SixFields.self, from: Data(($0.data ?? "").utf8)) }
    }
}
