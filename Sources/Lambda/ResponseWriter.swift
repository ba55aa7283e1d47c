/// Writes a response under a limit: space for a bare result of every record is set aside before the first document.
struct ResponseWriter {
    private var bytes: [UInt8] = []
    private let limit: Int
    /// What results without data of the records that have none yet take at most.
    private var reserved = 0
    private var count = 0

    private static let head = #"{"records":["#
    private static let tail = "]}"
    private static let idHead = #"{"recordId":""#
    private static let resultHead = #"","result":""#
    private static let dataHead = #"","data":""#
    private static let end = #""}"#
    /// With a comma before it.
    private static let bareCount =
        idHead.utf8.count + resultHead.utf8.count + "ProcessingFailed".utf8.count + end.utf8.count + 1

    init(limit: Int) { self.limit = limit }

    /// Sets space aside for a record.
    mutating func reserve(for id: UnsafeRawBufferPointer) { reserved += ResponseWriter.bareCount + id.count }

    /// Begins the response, once space is set aside for each record.
    mutating func begin() throws(LambdaError) {
        let least = ResponseWriter.head.utf8.count + reserved + ResponseWriter.tail.utf8.count
        guard least <= limit else {
            throw LambdaError(
                code: .responseTooLarge,
                message: "the event has so many records that a response takes \(least) bytes; \(limit) are possible"
            )
        }
        bytes.append(contentsOf: ResponseWriter.head.utf8)
    }

    /// Adds a result without data.
    mutating func append(_ id: UnsafeRawBufferPointer, _ result: StaticString) {
        open(id, result)
        bytes.append(contentsOf: ResponseWriter.end.utf8)
    }

    /// Adds a record's documents, base64; false, and nothing is added, where they do not fit.
    mutating func appendOK(_ id: UnsafeRawBufferPointer, _ data: UnsafeRawBufferPointer) -> Bool {
        let others = reserved - ResponseWriter.bareCount - id.count
        let own = ResponseWriter.bareCount + id.count + ResponseWriter.dataHead.utf8.count + data.count
        guard bytes.count + own + others + ResponseWriter.tail.utf8.count <= limit else { return false }
        open(id, "Ok")
        bytes.append(contentsOf: ResponseWriter.dataHead.utf8)
        bytes.append(contentsOf: data)
        bytes.append(contentsOf: ResponseWriter.end.utf8)
        return true
    }

    /// Ends the response, and gives it away.
    mutating func end() -> [UInt8] {
        bytes.append(contentsOf: ResponseWriter.tail.utf8)
        defer { bytes = [] }
        return bytes
    }

    private mutating func open(_ id: UnsafeRawBufferPointer, _ result: StaticString) {
        if count > 0 { bytes.append(44) }
        count += 1
        reserved -= ResponseWriter.bareCount + id.count
        bytes.append(contentsOf: ResponseWriter.idHead.utf8)
        bytes.append(contentsOf: id)
        bytes.append(contentsOf: ResponseWriter.resultHead.utf8)
        bytes.append(contentsOf: UnsafeRawBufferPointer(start: result.utf8Start, count: result.utf8CodeUnitCount))
    }
}
