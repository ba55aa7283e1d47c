internal import JSON
internal import Time

/// Makes the documents of the answer to a lookup, `GET /2/tweets`: one for each post in `data`, a tombstone for each that is gone.
///
/// Where the question says that deletions wait, a post that is gone gives nothing here, and its tombstone comes from a record of
/// deletions that are believed.
///
/// Both arrays may stand in one answer, and `data` is missing where nothing was found. Objects in `includes` give no documents.
final class LookupTransform {
    private let answer = JSONExtractor(JSONPlan([.init("data", .items, slot: 0), .init("errors", .items, slot: 1)]))
    private let post = JSONExtractor(PostPlan.lookup)
    private let problem = JSONExtractor(
        JSONPlan([
            .init("type", .string, slot: 0), .init("resource_id", .string, slot: 1), .init("value", .string, slot: 2),
            .init("section", .string, slot: 3), .init("parameter", .string, slot: 4),
        ])
    )
    private let deletions = JSONExtractor(JSONPlan([.init("deleted", .items, slot: 0)]))
    private let questions = QuestionReader()
    /// Values that were left out of the last answer's posts because of their type.
    private(set) var leftOutCount = 0

    func transform(
        _ line: UnsafeRawBufferPointer,
        question: [UInt8]?,
        at place: RecordPlace,
        into batch: DocumentBatch
    ) -> TransformOutcome {
        leftOutCount = 0
        if line.isEmpty { return .dropped(.keepAlive) }
        switch answer.read(line) {
        case .read: break
        case .malformed: return .failed(.malformed)
        case .wrongType:
            // Of the two arrays one may still be what it should be.
            guard answer.count(0) + answer.count(1) > 0 else { return .failed(.wrongType) }
            leftOutCount += answer.leftOutCount
        case .noMemory: return .failed(.noMemory)
        }
        guard let question else { return .failed(.noQuestion) }
        let before = batch.documents.count
        let failure = questions.read(question) { sightings in
            let failure = posts(asked: sightings, at: place, batch, from: before)
            if !questions.deletionsWait { problems(asked: sightings, at: place, batch, from: before) }
            return failure
        }
        guard let failure else { return .failed(.noQuestion) }
        if let failure { return .failed(failure) }
        let count = batch.documents.count - before
        return count > 0 ? .yielded(count) : .dropped(.nothing)
    }

    /// Adds the posts of `data`; why one of them cannot be read, or nil.
    ///
    /// The others were paid for, and are not lost with it.
    private func posts(
        asked: [UInt64: Sighting],
        at place: RecordPlace,
        _ batch: DocumentBatch,
        from first: Int
    ) -> FailReason? {
        var failure: FailReason?
        for index in 0..<answer.count(0) {
            guard let item = answer.string(0, element: index) else { continue }
            let reading = post.read(item)
            guard reading == .read || reading == .wrongType else {
                failure = reading == .noMemory ? .noMemory : .wrongType
                continue
            }
            guard let id = post.string(PostPlan.id), let number = PostID.number(id) else {
                failure = reading == .wrongType ? .wrongType : .noID
                continue
            }
            // X may answer with the newest version of an edited post; then it was asked for by an older id.
            guard let sighting = asked[number] ?? olderSighting(asked) else { continue }
            // Sinks replace whole documents: what X could not fill in this time must not wipe out what it said before.
            guard isWhole || post.isPresent(PostPlan.withheld) else {
                if reading == .wrongType { failure = .wrongType }
                continue
            }
            leftOutCount += post.leftOutCount
            _ = EditedPost.write(
                post,
                id: id,
                byteCount: item.count,
                at: place,
                sighting: sighting,
                isHidden: post.isPresent(PostPlan.withheld),
                number: batch.documents.count - first,
                into: batch
            )
        }
        return failure
    }

    /// Adds a tombstone for each id of a record of deletions, `{"deleted":["42"]}`.
    func transform(
        deletions line: UnsafeRawBufferPointer,
        at place: RecordPlace,
        into batch: DocumentBatch
    )
        -> TransformOutcome
    {
        switch deletions.read(line) {
        case .read: break
        case .malformed: return .failed(.malformed)
        case .wrongType: return .failed(.wrongType)
        case .noMemory: return .failed(.noMemory)
        }
        let count = deletions.count(0)
        for index in 0..<count {
            guard let item = deletions.string(0, element: index), item.count > 2, item[0] == 34 else {
                return .failed(.wrongType)
            }
            let id = UnsafeRawBufferPointer(rebasing: item[1..<item.count - 1])
            guard DefaultTransform.isID(id) else { return .failed(.noID) }
            batch.addTombstone(of: id, at: place, number: index)
        }
        return count > 0 ? .yielded(count) : .dropped(.nothing)
    }

    private var isWhole: Bool { post.integer(PostPlan.likes) != nil && post.string(PostPlan.text) != nil }

    private func olderSighting(_ asked: [UInt64: Sighting]) -> Sighting? {
        for slot in [PostPlan.newEditHistory, PostPlan.editHistory] {
            for index in 0..<post.count(slot) {
                guard let item = post.string(slot, element: index), item.count > 2 else { continue }
                let text = UnsafeRawBufferPointer(rebasing: item[1..<item.count - 1])
                if let number = PostID.number(text), let sighting = asked[number] { return sighting }
            }
        }
        return nil
    }

    /// Adds a tombstone for each problem that says a post is gone; others concern a field or an included object.
    private func problems(
        asked: [UInt64: Sighting],
        at place: RecordPlace,
        _ batch: DocumentBatch,
        from first: Int
    ) {
        for index in 0..<answer.count(1) {
            guard let item = answer.string(1, element: index), problem.read(item) == .read, isOfPost, isGone,
                let id = problem.string(1) ?? problem.string(2), let number = PostID.number(id), asked[number] != nil
            else { continue }
            batch.addTombstone(of: id, at: place, number: batch.documents.count - first)
        }
    }

    /// Whether the problem is about a post that was asked for, not about what one includes.
    private var isOfPost: Bool {
        if let section = problem.string(3), !section.elementsEqual("data".utf8) { return false }
        return problem.string(4).map { $0.elementsEqual("ids".utf8) } ?? true
    }

    /// Deleted, or of an author who is protected or suspended; only the last part of the type's URL counts.
    private var isGone: Bool {
        guard let type = problem.string(0) else { return false }
        let start = type.lastIndex(of: 47).map { $0 + 1 } ?? 0
        let name = UnsafeRawBufferPointer(rebasing: type[start...])
        return ["resource-not-found", "not-authorized-for-resource"].contains { name.elementsEqual($0.utf8) }
    }
}
