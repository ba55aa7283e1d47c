import JSON
import TestSupport
import Testing
import Time

@testable import Transform

/// What a question carries from the sighting on the stream to the document of the lookup.
@Suite struct QuestionTests {
    /// A record of the stream, and the question that is asked for its post later.
    private func sighting(_ rules: String) -> (batch: DocumentBatch, question: Question) {
        let line = Array(#"{"data":{"id":"1","text":"a"},"matching_rules":\#(rules)}"#.utf8)
        let batch = DocumentBatch()
        let padded = line + [UInt8](repeating: 0, count: DefaultTransform.padding)
        padded.withUnsafeBytes { bytes in
            let record = UnsafeRawBufferPointer(rebasing: bytes[0..<line.count])
            let outcome = DefaultTransform().transform(
                record,
                offset: 0,
                arrival: someArrival,
                ordinal: 0,
                into: batch
            )
            #expect(outcome == .yielded(1))
        }
        let tags = batch.documents[0].categories.map { Array(batch.bytes($0)) } ?? Array("[]".utf8)
        let isWithout = batch.documents[0].category == nil && tags.count > 2
        let rules = isWithout ? Array("[null,".utf8) + tags.dropFirst() : tags
        return (batch, Question([Question.Post(id: 1, arrival: someArrival, rules: rules)]))
    }

    @Test(arguments: [
        #"[{"id":"1","tag":"cats"}]"#, #"[{"id":"1","tag":"cats"},{"id":"2","tag":"pets"}]"#, "[]",
        #"[{"id":"1","tag":"\u00e9 \"q\" \\ \/ \ud83d\ude3a é"},{"id":"2","tag":"b\n"}]"#,
        #"[{"id":"1"},{"id":"2","tag":"pets"}]"#, #"[{"id":"1"}]"#, #"[{"id":"1","tag":""}]"#,
    ]) func categoryAndTimestampAreTheStreamDocumentsByteForByte(rules: String) throws {
        let (stream, question) = sighting(rules)
        let answer = #"{"data":[{"id":"1","text":"a","public_metrics":{"like_count":5}}]}"#
        let later = someArrival + .seconds(900)
        let (outcome, lookup) = lookUp(answer, asked: question, arrival: later, ordinal: 3)
        #expect(outcome == .yielded(1))
        let (a, b) = (try #require(stream.documents.first), try #require(lookup.documents.first))
        func bytes(_ range: Range<Int>?, _ batch: DocumentBatch) -> [UInt8]? { range.map { Array(batch.bytes($0)) } }
        #expect(bytes(a.category, stream) == bytes(b.category, lookup))
        #expect(bytes(a.categories, stream) == bytes(b.categories, lookup))
        #expect(a.timestampMilliseconds == b.timestampMilliseconds)
        #expect(b.observedAt == later && b.likes == 5 && b.origin == .lookup)
        #expect(a.version == UInt64(someArrival.rawValue) * 4 + 1)
        #expect(b.version == UInt64(later.rawValue + 3) * 4 + 2)
    }

    @Test func tombstonesAreOfClassThree() throws {
        let post = #"{"id":"1","withheld":{}}"#
        let stone = try #require(lookUp(#"{"data":[\#(post)]}"#, asked: question(1)).batch.documents.first)
        #expect(stone.version == UInt64(someArrival.rawValue) * 4 + 3)
    }

    @Test func manyPostsAreReadBackAsTheyWereAsked() {
        var random = SeededRandom()
        let rules = ["[]", #"["a"]"#, #"["\"]","b,[{}"]"#, #"[null,"b"]"#]
        let posts = (0..<100).map { number in
            Question.Post(
                id: UInt64.random(in: 0..<9_999_999_999_999_999_999, using: &random) / 100 * 100 + UInt64(number),
                arrival: Timestamp(rawValue: Int64.random(in: 0..<4_000_000_000_000_000, using: &random)),
                rules: Array(rules[Int.random(in: 0..<rules.count, using: &random)].utf8)
            )
        }
        let event = Array(#"{"kind":"asked","number":1,"posts":"#.utf8) + Question(posts).json + Array("}".utf8)
        let found = QuestionReader().read(event) { sightings in
            sightings.map { id, sighting in
                let tags = sighting.tags.map { tag in tag.map { "\"\(String(decoding: $0, as: UTF8.self))\"" } ?? "null"
                }
                let rules = Array("[\(tags.joined(separator: ","))]".utf8)
                return Question.Post(id: id, arrival: sighting.arrival, rules: rules)
            }
        }
        #expect(found?.sorted { $0.id < $1.id } == posts.sorted { $0.id < $1.id }, "\(random)")
    }

    @Test func whatIsNoQuestionIsNone() {
        for text in ["", "{", #"{"posts":[{"id":"x","arrival":1}]}"#, #"{"posts":[{"id":"1"}]}"#, #"{"posts":7}"#] {
            #expect(QuestionReader().read(Array(text.utf8)) { _ in true } == nil, "\(text)")
        }
    }
}
