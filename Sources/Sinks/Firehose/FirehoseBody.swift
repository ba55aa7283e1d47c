internal import Encoding
internal import Transform

/// The body of a `PutRecordBatch` request: records in base64, each of a document or several, in memory that is kept.
final class FirehoseBody {
    /// A record in the body.
    struct Record: Equatable {
        /// Its documents, by their place among those of the call.
        var documents: Range<Int>
        /// Its bytes before base64.
        var byteCount: Int
        /// What its documents would be billed at in records of their own.
        var unpackedBytes: Int
    }

    /// The request's body.
    private(set) var bytes: [UInt8] = []
    /// The records in it, in order.
    private(set) var records: [Record] = []
    /// Documents of the call that no record can hold, by their place.
    private(set) var oversized: [Int] = []

    private let head: [UInt8]
    private let isRaw: Bool
    private let packByteCount: Int
    /// The record in hand before base64.
    private var record = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    private var recordLength = 0

    /// A record's limit before base64: 1,000 KiB.
    static let recordByteLimit = 1_024_000
    private static let tail: StaticString = "]}"
    private static let recordHead: StaticString = "{\"Data\":\""
    private static let recordTail: StaticString = "\"}"

    /// - Parameters:
    ///   - isRaw: whether lines stand as they are, without a version.
    ///   - packByteCount: a record takes documents up to so many bytes; 0 gives each its own.
    init(stream: String, isRaw: Bool, packByteCount: Int) {
        head = Array("{\"DeliveryStreamName\":\"\(stream)\",\"Records\":[".utf8)
        self.isRaw = isRaw
        self.packByteCount = packByteCount
    }

    deinit { record.deallocate() }

    /// Writes documents in place of what was there, in order.
    func fill(_ batch: DocumentBatch, _ numbers: [Int32]) {
        records.removeAll(keepingCapacity: true)
        oversized.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
        var size = 0
        for number in numbers { size += batch.documents[Int(number)].json.count + Pen.versionSpace }
        let space = Base64.encodedCount(size) + 24 * numbers.count + head.count + 16
        bytes.append(addingCapacity: space) { span in
            span.withUnsafeMutableBufferPointer { room, length in
                var out = Pen(room: UnsafeMutableRawBufferPointer(room))
                head.withUnsafeBytes { out.put($0) }
                write(batch, numbers, &out)
                out.put(FirehoseBody.tail)
                length = out.length
            }
        }
    }

    private func write(_ batch: DocumentBatch, _ numbers: [Int32], _ out: inout Pen) {
        recordLength = 0
        var open: Record?
        for (place, number) in numbers.enumerated() {
            let document = batch.documents[Int(number)]
            let json = batch.bytes(document.json)
            let count = json.count + (isRaw ? 1 : Pen.versionLength(document.version))
            if count > FirehoseBody.recordByteLimit {
                oversized.append(place)
                // A record's documents stand side by side.
                end(&open, &out)
                continue
            }
            if recordLength + count > packByteCount { end(&open, &out) }
            add(json, version: isRaw ? nil : document.version, count)
            let start = open?.documents.lowerBound ?? place
            open = Record(
                documents: start..<place + 1,
                byteCount: recordLength,
                unpackedBytes: (open?.unpackedBytes ?? 0) + FirehoseTotals.billed(count)
            )
        }
        end(&open, &out)
    }

    private func end(_ open: inout Record?, _ out: inout Pen) {
        guard let done = open else { return }
        out.put(records.isEmpty ? "" : ",")
        out.put(FirehoseBody.recordHead)
        out.putBase64(UnsafeRawBufferPointer(rebasing: record[0..<recordLength]))
        out.put(FirehoseBody.recordTail)
        records.append(done)
        recordLength = 0
        open = nil
    }

    /// Adds a line to the record in hand: a document with its version as the last field, or a recorded line as it is.
    private func add(_ json: UnsafeRawBufferPointer, version: UInt64?, _ count: Int) {
        if recordLength + count > record.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * (recordLength + count), alignment: 16)
            larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: record[0..<recordLength]))
            record.deallocate()
            record = larger
        }
        var out = Pen(room: UnsafeMutableRawBufferPointer(rebasing: record[recordLength...]))
        if let version {
            out.putLine(json, version: version)
        } else {
            out.put(json)
            out.put("\n")
        }
        recordLength += out.length
    }
}
