internal import JSON

/// What a `PutRecordBatch` reply says of each record, in the order of the request.
struct FirehoseReply: Equatable {
    /// Whether the record at a place was taken.
    let isTaken: [Bool]

    /// Reads a reply; nil where it is not about so many records.
    ///
    /// One without failures, which is nearly every one, costs a walk over its bytes and no string.
    init?(_ body: [UInt8], records: Int) {
        if FirehoseReply.isWithoutFailure(body, records: records) {
            isTaken = Array(repeating: true, count: records)
            return
        }
        guard let value = JSONValue.parse(body), let failed = value["FailedPutCount"]?.integer else { return nil }
        let entries = value["RequestResponses"]?.elements ?? []
        guard entries.count == records else { return nil }
        isTaken = entries.map { entry in
            guard let code = entry["ErrorCode"], code != .null else { return entry["RecordId"]?.text != nil }
            return false
        }
        guard isTaken.count(where: { !$0 }) == failed else { return nil }
    }

    private static func isWithoutFailure(_ body: [UInt8], records: Int) -> Bool {
        guard body.first == UInt8(ascii: "{"), body.last == UInt8(ascii: "}") else { return false }
        return body.withUnsafeBytes { body in
            var (failures, ids, errors) = (0, 0, 0)
            var place = 0
            while place < body.count {
                guard body[place] == UInt8(ascii: "\"") else {
                    place += 1
                    continue
                }
                // A quote inside a text has a backslash before it, which none of these names has behind its last letter.
                if starts(body, place, "\"RecordId\"") { ids += 1 }
                if starts(body, place, "\"ErrorCode\"") { errors += 1 }
                if starts(body, place, "\"FailedPutCount\"") {
                    var value = place + 16
                    while value < body.count, body[value] == 32 || body[value] == 58 { value += 1 }
                    let isZero =
                        value + 1 < body.count && body[value] == 48 && [44, 125, 32, 10, 13].contains(body[value + 1])
                    failures += isZero ? 1 : 2
                }
                place += 1
            }
            return failures == 1 && errors == 0 && ids == records
        }
    }

    private static func starts(_ body: UnsafeRawBufferPointer, _ place: Int, _ text: StaticString) -> Bool {
        guard body.count - place >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount where body[place + index] != text.utf8Start[index] { return false }
        return true
    }
}
