/// A delivery stream of Amazon Data Firehose, as it is written on the command line: `firehose:STREAM`.
public struct FirehoseAddress: Sendable, Equatable, CustomStringConvertible {
    /// The stream's name.
    public let stream: String

    /// The address as it is written.
    public var description: String { "firehose:\(stream)" }

    /// Reads what stands behind `firehose:`.
    ///
    /// - Throws: `SinkError` with code `address`: a name has 1 to 64 letters, digits, dots, dashes or underscores.
    public init(_ target: String) throws(SinkError) {
        func isOfName(_ byte: UInt8) -> Bool {
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95: true
            default: false
            }
        }
        guard (1...64).contains(target.utf8.count), target.utf8.allSatisfy(isOfName) else {
            throw SinkError(
                .address,
                "'firehose:\(target)' names no delivery stream: write firehose:STREAM, where a name has 1 to 64 letters, digits, "
                    + "'.', '-' or '_'; the region comes from AWS_REGION"
            )
        }
        stream = target
    }
}

/// What a delivery stream gets.
public struct FirehoseOptions: Sendable, Equatable {
    /// Whether it gets documents of lookups and deletions besides sightings.
    public var includesRefreshes = false
    /// Whether it gets the recorded lines as they are instead of documents, for stacks whose Lambda transforms.
    public var isRaw = false
    /// Documents are joined in a record up to so many bytes; nil puts one in each.
    public var packByteCount: Int?

    /// Makes options: sightings, a document a record.
    public init() {}
}

/// What a delivery to Firehose has come to besides its documents' outcomes.
public struct FirehoseTotals: Sendable, Equatable {
    /// Calls made, failed ones too.
    public var calls = 0
    /// Records that Firehose took.
    public var records = 0
    /// Calls whose answer was lost, so that Firehose may have taken what was sent again later.
    public var lostAnswers = 0
    /// Documents in them: at most so many are there twice.
    public var perhapsTwice = 0
    /// Bytes that are billed for the records taken: each is rounded up to 5,120.
    public var billedBytes = 0
    /// Bytes that would have been billed with a record for each document.
    public var unpackedBytes = 0

    /// Makes totals of nothing.
    public init() {}

    /// These and others together.
    public func adding(_ more: FirehoseTotals) -> FirehoseTotals {
        var sum = self
        sum.calls += more.calls
        sum.records += more.records
        sum.lostAnswers += more.lostAnswers
        sum.perhapsTwice += more.perhapsTwice
        sum.billedBytes += more.billedBytes
        sum.unpackedBytes += more.unpackedBytes
        return sum
    }

    /// What is billed for a record of so many bytes.
    static func billed(_ bytes: Int) -> Int { (bytes + step - 1) / step * step }

    /// Firehose's billing step.
    static let step = 5_120
}
