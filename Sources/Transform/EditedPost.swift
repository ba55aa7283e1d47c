internal import JSON

/// A post with its edit history: the newest version is shown, those before it are gone.
enum EditedPost {
    /// Adds the document of the post that an extractor has just read, and a tombstone for each version before the newest.
    ///
    /// Of a post that is itself an older version only the tombstones are added.
    ///
    /// - Parameters:
    ///   - isHidden: whether a tombstone takes the document's place.
    ///   - number: the first document's number among those of its record.
    /// - Returns: how many documents were added.
    static func write(
        _ extractor: JSONExtractor,
        id: UnsafeRawBufferPointer,
        byteCount: Int,
        at place: RecordPlace,
        sighting: Sighting?,
        isHidden: Bool = false,
        number: Int,
        into batch: DocumentBatch
    ) -> Int {
        let slot = extractor.count(PostPlan.newEditHistory) > 0 ? PostPlan.newEditHistory : PostPlan.editHistory
        func version(_ index: Int) -> UnsafeRawBufferPointer? {
            guard let item = extractor.string(slot, element: index), item.count > 2, item[0] == 34 else { return nil }
            let text = UnsafeRawBufferPointer(rebasing: item[1..<item.count - 1])
            return DefaultTransform.isID(text) ? text : nil
        }
        let last = extractor.count(slot) - 1
        if last < 0, !isHidden, let newest = sighting?.newestID, PostID.number(id).map({ $0 < newest }) ?? false {
            // The answer does not say which versions there are, but a newer one has been seen.
            batch.addTombstone(of: id, at: place, number: number, isSuperseded: true, newestID: newest)
            return 1
        }
        let older = (0..<max(0, last)).compactMap(version)
        let newest = older.isEmpty ? nil : version(last).flatMap { PostID.number($0) }
        var count = 0
        if isHidden {
            // A lookup's question knows how the stream has shown the post; here it is the stream that shows it.
            let hidden =
                sighting == nil
                ? DocumentWriter.hide(extractor, id: id, byteCount: byteCount, at: place, into: batch) : nil
            batch.addTombstone(of: id, at: place, number: number, hidden: hidden)
            count = 1
        } else if !older.contains(where: { $0.elementsEqual(id) }) {
            DocumentWriter.write(
                extractor,
                id: id,
                byteCount: byteCount,
                at: place,
                sighting: sighting,
                number: number,
                into: batch
            )
            count = 1
        }
        for text in older where !isHidden || !text.elementsEqual(id) {
            batch.addTombstone(of: text, at: place, number: number + count, isSuperseded: true, newestID: newest)
            count += 1
        }
        return count
    }
}
