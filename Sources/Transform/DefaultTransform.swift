internal import Hashing
internal import JSON
public import Time

/// Makes the default document of a record: the original pipeline's six fields, exactly as it gave them, and some more.
///
/// A pure function of the record, its arrival and its ordinal. Strings keep the escapes that X sent. One thread at a time.
public final class DefaultTransform {
    private let extractor = JSONExtractor(PostPlan.stream)
    private let lookups = LookupTransform()

    /// What this transform is, as 16 hexadecimal digits: another transform has another.
    public static let digest: String = {
        let hash = XXH3.hash(
            "default document 3, edits, lookups, reposts and withheld posts: \(DocumentWriter.fieldNames.joined(separator: " "))"
        )
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }()

    /// Bytes that must be readable behind every line.
    public static var padding: Int { JSONExtractor.padding }

    /// Values that were left out of all records so far because X sent them with another type than it documents.
    public private(set) var leftOutCount = 0

    /// Makes a transform.
    public init() {}

    /// Adds the documents of one record to a batch; about a microsecond.
    ///
    /// - Parameters:
    ///   - line: the record without its line end; `padding` bytes behind it must be readable.
    ///   - offset: the record's first byte in the journal.
    ///   - arrival: when the delivery that completed it arrived.
    ///   - ordinal: how many lines that delivery had completed before it.
    ///   - batch: where the documents go.
    public func transform(
        _ line: UnsafeRawBufferPointer,
        offset: UInt64,
        arrival: Timestamp,
        ordinal: Int,
        into batch: DocumentBatch
    ) -> TransformOutcome {
        if line.isEmpty { return .dropped(.keepAlive) }
        let reading = extractor.read(line)
        switch reading {
        case .read, .wrongType: break
        case .malformed: return .failed(.malformed)
        case .noMemory: return .failed(.noMemory)
        }
        guard extractor.isPresent(PostPlan.data) else {
            if reading == .wrongType { return .failed(.wrongType) }
            return isNotice ? .dropped(.error) : .failed(.noData)
        }
        guard let id = extractor.string(PostPlan.id), DefaultTransform.isID(id) else {
            return .failed(reading == .wrongType ? .wrongType : .noID)
        }
        leftOutCount += extractor.leftOutCount
        let place = RecordPlace(offset: offset, arrival: arrival, ordinal: ordinal)
        return .yielded(
            EditedPost.write(
                extractor,
                id: id,
                byteCount: line.count,
                at: place,
                sighting: nil,
                isHidden: extractor.isPresent(PostPlan.withheld),
                number: 0,
                into: batch
            )
        )
    }

    /// Adds the documents of the answer to a lookup: a pure function of that answer and of the question.
    ///
    /// A post that is there gives its document; one that X does not find, does not show us or withholds somewhere gives a
    /// tombstone; an id of which the answer says nothing gives nothing. Where the question says that deletions wait, posts that X
    /// does not find or show give nothing either.
    ///
    /// - Parameters:
    ///   - answer: the record; `padding` bytes behind it must be readable.
    ///   - question: the JSON of its `asked` event; nil where there is none, and the record fails.
    ///   - offset: the record's first byte in the journal.
    ///   - arrival: when it arrived.
    ///   - ordinal: how many lines its delivery had completed before it.
    ///   - batch: where the documents go.
    public func transform(
        lookup answer: UnsafeRawBufferPointer,
        question: [UInt8]?,
        offset: UInt64,
        arrival: Timestamp,
        ordinal: Int,
        into batch: DocumentBatch
    ) -> TransformOutcome {
        let place = RecordPlace(offset: offset, arrival: arrival, ordinal: ordinal)
        let outcome = lookups.transform(answer, question: question, at: place, into: batch)
        leftOutCount += lookups.leftOutCount
        return outcome
    }

    /// Whether a record without a post holds problems, in `errors` or at its top level.
    private var isNotice: Bool {
        [PostPlan.errors, PostPlan.problemTitle, PostPlan.problemType].contains { extractor.isPresent($0) }
    }

    /// Adds a tombstone for each post of a record of deletions that the refresher believes: `{"deleted":["42"]}`.
    ///
    /// - Parameters:
    ///   - deletions: the record; `padding` bytes behind it must be readable.
    ///   - offset: its first byte in the journal.
    ///   - arrival: when it was written.
    ///   - ordinal: how many records its delivery had completed before it.
    ///   - batch: where the documents go.
    public func transform(
        deletions: UnsafeRawBufferPointer,
        offset: UInt64,
        arrival: Timestamp,
        ordinal: Int,
        into batch: DocumentBatch
    ) -> TransformOutcome {
        let place = RecordPlace(offset: offset, arrival: arrival, ordinal: ordinal)
        return lookups.transform(deletions: deletions, at: place, into: batch)
    }

    /// Whether these bytes are a post's id: 1 to 19 digits.
    static func isID(_ bytes: some Collection<UInt8>) -> Bool {
        (1...19).contains(bytes.count) && bytes.allSatisfy { (48...57).contains($0) }
    }
}
