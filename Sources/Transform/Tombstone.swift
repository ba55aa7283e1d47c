internal import JSON
public import Time

extension DocumentBatch {
    /// Adds a tombstone, `{"tweet_id":"42","gone":true}`: the post is gone, and no older document of it shows again.
    ///
    /// A sink keeps it in the post's place and hides it; only a newer document of the post takes its place.
    ///
    /// - Parameters:
    ///   - tweetID: the post's id, 1 to 19 digits.
    ///   - offset: the first byte of the record that says so.
    ///   - number: its number among the documents of that record, from 0.
    ///   - arrival: when that record arrived.
    ///   - ordinal: how many records its delivery had completed before it.
    /// - Returns: false where that is no post's id; nothing is added then.
    public func addTombstone(
        of tweetID: String,
        offset: UInt64,
        number: Int,
        arrival: Timestamp,
        ordinal: Int
    ) -> Bool {
        guard DefaultTransform.isID(tweetID.utf8) else { return false }
        let head = "{\"tweet_id\":\""
        let bytes = Array("\(head)\(tweetID)\",\"gone\":true}".utf8)
        reserve(bytes.count)
        let start = count
        bytes.withUnsafeBytes {
            UnsafeMutableRawBufferPointer(start: base + start, count: $0.count).copyMemory(from: $0)
        }
        let id = start + head.utf8.count
        var document = Document(
            offset: offset,
            ordinal: number,
            version: DocumentVersion.make(arrival: arrival, ordinal: ordinal, origin: .tombstone),
            origin: .tombstone,
            postKind: .post,
            json: start..<start + bytes.count,
            tweetID: id..<id + tweetID.utf8.count,
            observedAt: arrival
        )
        document.source = source
        append(document)
        return true
    }
}
