internal import Transform

/// The body of a `_bulk` request: an action line and a document for each, every line ended by a line feed.
struct BulkBody {
    private(set) var bytes: [UInt8] = []
    private let head: [UInt8]
    private let beforeVersion = Array("\",\"version\":".utf8)
    private let afterVersion = Array("}}\n".utf8)

    /// Bytes of an action line besides its id and version, at most.
    private static let overhead = 160

    /// Writes through an alias, or into an index by its own name.
    ///
    /// - Parameter isAlias: without an alias of that name nothing is written then, so that a typing error makes no index.
    init(_ name: String, isAlias: Bool) {
        let required = isAlias ? "\"require_alias\":true," : ""
        head = Array("{\"index\":{\"_index\":\"\(name)\",\(required)\"version_type\":\"external\",\"_id\":\"".utf8)
    }

    /// Writes the documents of a call in place of what was there.
    ///
    /// Full documents with their id and version: sent again in any order, the newest stays.
    mutating func fill(_ batch: DocumentBatch, _ numbers: [Int32]) {
        bytes.removeAll(keepingCapacity: true)
        var size = 0
        for number in numbers {
            let document = batch.documents[Int(number)]
            size += document.json.count + document.tweetID.count + head.count + BulkBody.overhead
        }
        bytes.reserveCapacity(size)
        for number in numbers {
            let document = batch.documents[Int(number)]
            bytes.append(contentsOf: head)
            bytes.append(contentsOf: batch.bytes(document.tweetID))
            bytes.append(contentsOf: beforeVersion)
            put(document.version)
            bytes.append(contentsOf: afterVersion)
            bytes.append(contentsOf: batch.bytes(document.json))
            bytes.append(10)
        }
    }

    private mutating func put(_ value: UInt64) {
        let start = bytes.count
        var rest = value
        repeat {
            bytes.append(UInt8(48 + rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }
}
