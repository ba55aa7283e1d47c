/// What became of a record: the three answers of a Firehose Lambda.
public enum TransformOutcome: Sendable, Equatable {
    /// So many documents (`Ok`).
    case yielded(Int)
    /// No document, as it should be (`Dropped`).
    case dropped(DropReason)
    /// No document, although it should have been one (`ProcessingFailed`); of a lookup's answer, fewer than it should have been.
    case failed(FailReason)
}

/// Why a record gives no document and nothing is wrong with that.
public enum DropReason: String, Sendable, CaseIterable {
    /// A blank line.
    case keepAlive = "keep-alive"
    /// A fragment whose connection ended before its LF.
    case torn
    /// X tells of an error or of its own disconnect; there is no post in it.
    case error
    /// A lookup's answer that says nothing of any post that was asked for, but perhaps that X does not find it.
    case nothing
}

/// Why a record that should give a document gives none, or a lookup's answer gives fewer.
public enum FailReason: String, Sendable, CaseIterable {
    /// It is no JSON object.
    case malformed
    /// A value has another type than X documents.
    case wrongType = "wrong-type"
    /// It has neither a post nor an error.
    case noData = "no-data"
    /// Its post has no id, or one that is not 1 to 19 digits.
    case noID = "no-id"
    /// It is the answer to a lookup, and the question is not with it.
    case noQuestion = "no-question"
    /// It is longer than 4 MiB.
    case tooLong = "too-long"
    /// There was not enough memory to parse it.
    case noMemory = "no-memory"
}
