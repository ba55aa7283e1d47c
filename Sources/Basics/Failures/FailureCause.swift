/// What to do about a failure.
public enum FailureKind: Sendable, Hashable {
    /// It may pass by itself: try again, with capped and jittered exponential back-off.
    case retry
    /// Somebody has to put something right first; until then it is only tried now and then.
    case operatorNeeded
    /// The document's own fault: it becomes a dead letter, and the others continue.
    case document
}

/// Why something failed, as far as the next step depends on it.
///
/// `kind` is the one table that the recorder, the feeds and the refresher decide by.
public enum FailureCause: Sendable, Hashable, CaseIterable {
    /// No connection, or one that was refused, cut, reset or too slow.
    case network
    /// A host's name could not be resolved: a resolver that is down looks like a name that does not exist.
    case nameResolution
    /// The other side asks for fewer requests: 429, throttling.
    case rateLimited
    /// The other side failed: 408, 5xx, an incomplete answer.
    case serverFault
    /// Another process holds a lock that it will give back: a database that is busy, a checkpoint in use.
    case locked
    /// No free space, or a quota that is used up.
    case diskFull
    /// A read, write or sync failed.
    case storage
    /// The certificate of the other side is not trusted.
    case certificate
    /// The other side does not know us: 401, a wrong password, an expired key.
    case credentials
    /// We are known, and not allowed: 402, 403, EACCES.
    case permission
    /// What should be there is not: an index, an alias, a stream, a folder.
    case missingTarget
    /// It belongs to something else: another mapping, another transform, another program's file.
    case foreignTarget
    /// A file contradicts its own format.
    case damaged
    /// The target takes no writes for now: closed, blocked, read-only.
    case blocked
    /// The request itself cannot work: 400, an invalid URL, a wrong setting.
    case badRequest
    /// The document cannot be parsed, does not fit the mapping, or is too large.
    case document
    /// Nothing is known of it.
    case unknown

    /// What to do about it.
    public var kind: FailureKind {
        switch self {
        case .network, .nameResolution, .rateLimited, .serverFault, .locked, .diskFull, .storage, .unknown: .retry
        case .certificate, .credentials, .permission, .missingTarget, .foreignTarget, .damaged, .blocked, .badRequest:
            .operatorNeeded
        case .document: .document
        }
    }

    /// The cause that an HTTP status stands for; nil for a success, a redirect or what is no status.
    public init?(httpStatus status: Int) {
        switch status {
        case 401, 407: self = .credentials
        case 402, 403: self = .permission
        case 404, 410: self = .missingTarget
        // A proxy that gave up says so with 499.
        case 408, 499: self = .serverFault
        case 429: self = .rateLimited
        case 400..<500: self = .badRequest
        case 500..<600: self = .serverFault
        default: return nil
        }
    }
}

/// An error that knows its cause.
public protocol FailureCauseProviding: Error {
    /// Why it happened, as far as the next step depends on it.
    var failureCause: FailureCause { get }
}

extension FailureCause {
    /// The cause of any error; `unknown` for one that does not say.
    public init(of error: any Error) {
        self = (error as? any FailureCauseProviding)?.failureCause ?? .unknown
    }
}
