/// What became of the records of an event, or of lines: records = ok + dropped + failed.
public struct EventTotals: Sendable, Equatable {
    /// Records of the event.
    public var records = 0
    /// Records that gave documents.
    public var ok = 0
    /// Records that give no document, as it should be.
    public var dropped = 0
    /// Records that should have given documents and gave none.
    public var failed = 0
    /// Documents in the response.
    public var documents = 0
    /// Tombstones that were left out: whoever appends cannot replace.
    public var skippedDocuments = 0
    /// Lines without a document in records with others: their record counts as ok.
    public var failedLinesBeside = 0
    /// Values that were left out of documents, because they have another type than X documents.
    public var leftOutValues = 0
    /// Why lines were dropped.
    public var dropReasons: [String: Int] = [:]
    /// Why lines, or whole records, failed.
    public var failReasons: [String: Int] = [:]
    /// The first failures, by record.
    public var failures: [Failure] = []

    /// A line or record that failed.
    public struct Failure: Sendable, Equatable {
        /// The record's id as JSON has it between its quotes; empty where lines have no records around them.
        public let recordID: String
        /// Its line, from 1; 0 for the record as a whole.
        public let line: Int
        /// Why.
        public let reason: String
    }

    /// How many failures are named.
    static let failureLimit = 10

    /// Makes totals of nothing.
    public init() {}

    /// Whether every record, and every line of each, gave what it should.
    public var isComplete: Bool { failed == 0 && failedLinesBeside == 0 }

    mutating func noteFailure(_ record: some Collection<UInt8>, line: Int, _ reason: String) {
        failReasons[reason, default: 0] += 1
        guard failures.count < EventTotals.failureLimit else { return }
        failures.append(Failure(recordID: String(decoding: record, as: UTF8.self), line: line, reason: reason))
    }
}

/// Why a record of an event fails as a whole, whatever its lines say.
public enum RecordFault: String, Sendable, CaseIterable {
    /// Its data is not base64, or it has none.
    case notBase64 = "not-base64"
    /// It does not say when it arrived.
    case noArrival = "no-arrival"
    /// Its documents would make the response larger than Lambda takes.
    case responseFull = "response-full"
}
