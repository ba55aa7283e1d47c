internal import JSON

/// Reads a Firehose transformation event; one thread.
final class FirehoseEvent {
    /// A record; all of it lies in the event.
    struct Record {
        /// Its id as JSON has it between its quotes.
        let id: UnsafeRawBufferPointer
        /// When Firehose took it, in milliseconds since 1970 UTC; nil where it does not say.
        let arrivalMilliseconds: Int64?
        /// Its data as JSON has it between its quotes, base64; nil where it has none.
        let data: UnsafeRawBufferPointer?
    }

    private let event = JSONExtractor(JSONPlan([.init("records", .items, slot: 0)]))
    private let presence = JSONExtractor(JSONPlan([.init("records", .present, slot: 0)]))
    private let record = JSONExtractor(
        JSONPlan([
            .init("recordId", .string, slot: 0), .init("approximateArrivalTimestamp", .integer, slot: 1),
            .init("data", .string, slot: 2),
        ])
    )

    /// Checks an event, and makes its records ready to be read.
    ///
    /// - Parameter bytes: the event; `JSONExtractor.padding` bytes behind it must be readable for as long as records are read.
    func open(_ bytes: UnsafeRawBufferPointer) throws(LambdaError) {
        switch event.read(bytes) {
        case .read: break
        case .malformed: throw LambdaError(code: .invalidEvent, message: "the event is not a JSON object")
        case .wrongType:
            throw LambdaError(
                code: .invalidEvent,
                message: "the event's 'records' is not an array; is it one of Firehose's?"
            )
        case .noMemory:
            throw LambdaError(
                code: .invalidEvent,
                message: "there is not enough memory for an event of \(bytes.count) bytes"
            )
        }
        guard event.count(0) == 0, presence.read(bytes) != .read || !presence.isPresent(0) else { return }
        throw LambdaError(code: .invalidEvent, message: "the event has no array 'records'; is it one of Firehose's?")
    }

    /// How many records it has.
    var count: Int { event.count(0) }

    /// The record at a place; valid until the next one is read.
    ///
    /// - Throws: `.invalidEvent` where it has no id, so that no result can be given for it.
    func record(_ place: Int) throws(LambdaError) -> Record {
        guard let item = event.string(0, element: place) else { throw Self.withoutID(place) }
        switch record.read(item) {
        case .read, .wrongType: break
        case .malformed, .noMemory: throw Self.withoutID(place)
        }
        guard let id = record.string(0) else { throw Self.withoutID(place) }
        return Record(id: id, arrivalMilliseconds: record.integer(1), data: record.string(2))
    }

    private static func withoutID(_ place: Int) -> LambdaError {
        LambdaError(code: .invalidEvent, message: "record \(place + 1) of the event has no text 'recordId'")
    }
}
