internal import Encoding
internal import JSON
internal import Time
internal import Transform

/// The transform as a Lambda of Amazon Data Firehose: an event in, the response out.
///
/// No I/O, no clock; one thread. A record may hold several lines; its documents, a line each, become its data. They arrived when
/// Firehose took the record, have no `version`, and are sightings alone: tombstones are counted and left out, because whoever appends
/// cannot replace.
public final class EventTransform {
    /// What an event leads to.
    public struct Response: Sendable {
        /// The response as Lambda takes it.
        public let body: [UInt8]
        /// What became of the records.
        public let totals: EventTotals
    }

    /// Lambda takes 6 MB at most.
    public static let responseByteLimit = 6_000_000

    /// Bytes that must be readable behind an event.
    public static var padding: Int { JSONExtractor.padding }

    private let limit: Int
    private let event = FirehoseEvent()
    private let transform = DefaultTransform()
    private let batch = DocumentBatch()
    /// A record's data; space is kept.
    private var decoded: [UInt8] = []
    private var documents: [UInt8] = []
    private var encoded: [UInt8] = []

    /// Makes a transform.
    ///
    /// - Parameter responseByteLimit: a record whose documents do not fit any more fails.
    public init(responseByteLimit: Int = EventTransform.responseByteLimit) { limit = responseByteLimit }

    /// Makes the response to an event: a result for each record, in its order.
    ///
    /// - Parameter bytes: the event without padding.
    /// - Throws: `LambdaError` where it is no such event.
    public func respond(to bytes: [UInt8]) throws(LambdaError) -> Response {
        let padded = bytes + [UInt8](repeating: 0, count: EventTransform.padding)
        return try respond(toPadded: padded)
    }

    /// The same for an event that has `padding` bytes behind it, which saves a copy.
    public func respond(toPadded bytes: [UInt8]) throws(LambdaError) -> Response {
        let length = bytes.count - EventTransform.padding
        precondition(length >= 0, "an event needs its padding")
        return try bytes.withUnsafeBytes { buffer in
            Result { () throws(LambdaError) in try respond(to: UnsafeRawBufferPointer(rebasing: buffer[0..<length])) }
        }.get()
    }

    // MARK: - Internal

    private func respond(to bytes: UnsafeRawBufferPointer) throws(LambdaError) -> Response {
        try event.open(bytes)
        var results = ResponseWriter(limit: limit)
        for place in 0..<event.count { results.reserve(for: try event.record(place).id) }
        try results.begin()
        var totals = EventTotals()
        let leftOut = transform.leftOutCount
        for place in 0..<event.count {
            let record = try event.record(place)
            totals.records += 1
            let before = totals
            var result = outcome(of: record, &totals)
            if result == .ok, !encoded.withUnsafeBytes({ results.appendOK(record.id, $0) }) {
                // As if it had been read no further.
                totals = before
                totals.noteFailure(record.id, line: 0, RecordFault.responseFull.rawValue)
                result = .failed
            }
            switch result {
            case .ok: totals.ok += 1
            case .dropped:
                totals.dropped += 1
                results.append(record.id, "Dropped")
            case .failed:
                totals.failed += 1
                results.append(record.id, "ProcessingFailed")
            }
        }
        totals.leftOutValues = transform.leftOutCount - leftOut
        return Response(body: results.end(), totals: totals)
    }

    private enum RecordResult { case ok, dropped, failed }

    /// Makes a record's documents; those of an `ok` one stand in `encoded`.
    private func outcome(of record: FirehoseEvent.Record, _ totals: inout EventTotals) -> RecordResult {
        guard let letters = record.data, let length = decode(letters) else {
            totals.noteFailure(record.id, line: 0, RecordFault.notBase64.rawValue)
            return .failed
        }
        guard let milliseconds = record.arrivalMilliseconds else {
            totals.noteFailure(record.id, line: 0, RecordFault.noArrival.rawValue)
            return .failed
        }
        let arrival = Timestamp(milliseconds: milliseconds)
        documents.removeAll(keepingCapacity: true)
        var (line, count, failures) = (0, 0, 0)
        decoded.withUnsafeBytes { buffer in
            LineSplitter.split(UnsafeRawBufferPointer(rebasing: buffer[0..<length])) { bytes in
                line += 1
                switch transform(bytes, arrival, ordinal: line - 1) {
                case .yielded: count += takeDocuments(&totals)
                case .dropped(let reason): totals.dropReasons[reason.rawValue, default: 0] += 1
                case .failed(let reason):
                    failures += 1
                    totals.noteFailure(record.id, line: line, reason.rawValue)
                }
            }
        }
        // A record without a byte is a keep-alive too.
        if line == 0 { totals.dropReasons[DropReason.keepAlive.rawValue, default: 0] += 1 }
        guard count > 0 else { return failures > 0 ? .failed : .dropped }
        totals.documents += count
        totals.failedLinesBeside += failures
        encode()
        return .ok
    }

    private func transform(_ line: UnsafeRawBufferPointer, _ arrival: Timestamp, ordinal: Int) -> TransformOutcome {
        guard line.count <= LineSplitter.lineByteLimit else { return .failed(.tooLong) }
        batch.removeAll()
        return transform.transform(line, offset: 0, arrival: arrival, ordinal: ordinal, into: batch)
    }

    /// Adds the batch's sightings to the record's documents, and returns how many these are.
    private func takeDocuments(_ totals: inout EventTotals) -> Int {
        var count = 0
        for document in batch.documents {
            guard document.origin == .stream else {
                totals.skippedDocuments += 1
                continue
            }
            documents.append(contentsOf: batch.bytes(document.json))
            documents.append(10)
            count += 1
        }
        return count
    }

    /// Decodes a record's data, and returns how many bytes it has; nil where it is not base64.
    private func decode(_ letters: UnsafeRawBufferPointer) -> Int? {
        // Some encoders write a slash as `\/`.
        guard letters.contains(92) else { return decodePlain(letters) }
        var text = JSONString.decode(letters)
        return text.withUTF8 { decodePlain(UnsafeRawBufferPointer($0)) }
    }

    private func decodePlain(_ letters: UnsafeRawBufferPointer) -> Int? {
        let space = Base64.decodedCount(letters.count) + DefaultTransform.padding
        if decoded.count < space { decoded.append(contentsOf: repeatElement(0, count: space - decoded.count)) }
        return decoded.withUnsafeMutableBytes { Base64.decode(letters, to: $0) }
    }

    private func encode() {
        let length = Base64.encodedCount(documents.count)
        encoded.removeAll(keepingCapacity: true)
        encoded.append(addingCapacity: length) { span in
            span.withUnsafeMutableBufferPointer { space, count in
                count = documents.withUnsafeBytes { Base64.encode($0, to: UnsafeMutableRawBufferPointer(space)) }
            }
        }
    }
}

// It reuses its memory from event to event.
@available(*, unavailable)
extension EventTransform: Sendable {}
