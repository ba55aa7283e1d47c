internal import Transform

/// The body of a `_bulk` request: an action line and a document for each, every line ended by a line feed.
struct BulkBody {
    private(set) var bytes: [UInt8] = []
    /// Writes the documents of a call in place of what was there.
    ///
    /// Full documents with their id and version: sent again in any order, the newest stays.
    mutating func fill(_ batch: DocumentBatch, _ numbers: [Int32]) {
        var size = 0
        for number in numbers {
            let document = batch.documents[Int(number)]
            size += document.json.count + document.tweetID.count + BulkBody.overhead
        }
        bytes.removeAll(keepingCapacity: true)
        bytes.append(addingCapacity: size) { span in
            span.withUnsafeMutableBufferPointer { room, length in
                var pen = Pen(room: UnsafeMutableRawBufferPointer(room))
                for number in numbers {
                    let document = batch.documents[Int(number)]
                    pen.put(BulkBody.head)
                    pen.put(batch.bytes(document.tweetID))
                    pen.put("\",\"version\":")
                    pen.put(document.version)
                    pen.put("}}\n")
                    pen.put(batch.bytes(document.json))
                    pen.put("\n")
                }
                length = pen.length
            }
        }
    }

    /// Where to is said once, in the URL, and not in every line.
    private static let head: StaticString = "{\"index\":{\"version_type\":\"external\",\"_id\":\""
    /// Bytes of an action line and its document besides the id and the document, at most.
    private static let overhead = head.utf8CodeUnitCount + Pen.longestNumber + 16
}
