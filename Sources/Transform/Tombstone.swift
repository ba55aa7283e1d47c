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
        let place = RecordPlace(offset: offset, arrival: arrival, ordinal: ordinal)
        var id = tweetID
        id.withUTF8 { addTombstone(of: UnsafeRawBufferPointer($0), at: place, number: number) }
        return true
    }

    /// Adds a tombstone for what is a post's id.
    func addTombstone(
        of id: UnsafeRawBufferPointer,
        at place: RecordPlace,
        number: Int,
        isSuperseded: Bool = false,
        newestID: UInt64? = nil,
        hidden: ShownPost? = nil
    ) {
        let head: StaticString = "{\"tweet_id\":\""
        let tail: StaticString = "\",\"gone\":true}"
        reserve(head.utf8CodeUnitCount + id.count + tail.utf8CodeUnitCount)
        var end = count
        func put(_ bytes: UnsafeRawBufferPointer) -> Range<Int> {
            UnsafeMutableRawBufferPointer(start: base + end, count: bytes.count).copyMemory(from: bytes)
            defer { end += bytes.count }
            return end..<end + bytes.count
        }
        let start = put(UnsafeRawBufferPointer(start: head.utf8Start, count: head.utf8CodeUnitCount)).lowerBound
        let tweetID = put(id)
        let stop = put(UnsafeRawBufferPointer(start: tail.utf8Start, count: tail.utf8CodeUnitCount)).upperBound
        var document = Document(
            offset: place.offset,
            ordinal: number,
            version: DocumentVersion.make(arrival: place.arrival, ordinal: place.ordinal, origin: .tombstone),
            origin: .tombstone,
            postKind: .post,
            json: start..<stop,
            tweetID: tweetID,
            observedAt: place.arrival
        )
        document.source = source
        document.isSuperseded = isSuperseded
        document.newestID = newestID
        document.hidden = hidden
        append(document)
    }
}
