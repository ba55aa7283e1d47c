public import Time

extension DocumentBatch {
    /// Adds a recorded line as it is, as a document without values.
    ///
    /// - Parameters:
    ///   - offset: its first byte in the journal.
    ///   - arrival: when it arrived.
    ///   - ordinal: how many records its delivery had completed before it.
    ///   - origin: whether the stream sent it, or a lookup brought it.
    public func addRecord(
        _ line: UnsafeRawBufferPointer,
        offset: UInt64,
        arrival: Timestamp,
        ordinal: Int,
        origin: DocumentClass
    ) {
        reserve(line.count)
        let start = count
        UnsafeMutableRawBufferPointer(start: base + start, count: line.count).copyMemory(from: line)
        var document = Document(
            offset: offset,
            ordinal: 0,
            version: DocumentVersion.make(arrival: arrival, ordinal: ordinal, origin: origin),
            origin: origin,
            postKind: .post,
            json: start..<start + line.count,
            tweetID: start..<start,
            observedAt: arrival
        )
        document.source = source
        append(document)
    }
}
