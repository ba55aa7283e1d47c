/// A fault of lookups as data: at which requests it strikes, and what happens.
///
/// Requests to `GET /2/tweets` are numbered from 1, in the order they come; refused tokens and rates do not count.
public struct LookupFault: Equatable, Sendable {
    /// What happens.
    public enum Kind: Equatable, Sendable {
        /// The request is answered with that HTTP status; nothing is charged.
        case refuse(status: Int)
        /// The answer's body never comes; nothing is charged.
        case hang
        /// The answer's JSON ends in its middle, though the HTTP answer is complete; it is charged for.
        case truncate
        /// The connection is closed in the middle of the body; the answer is charged for.
        case cut
        /// The connection is reset before the first byte of the body; the answer is charged for.
        case lose
        /// Every tenth id, at least one, is in neither array.
        case omit
        /// Every tenth id, at least one, is resource-unavailable.
        case partial
        /// No post is found, though all are there.
        case forget
    }

    /// What happens.
    public let kind: Kind
    /// The requests it strikes.
    public let requests: ClosedRange<Int>

    /// Makes a fault that strikes one request.
    public init(_ kind: Kind, request: Int) {
        self.init(kind, requests: request...request)
    }

    /// Makes a fault that strikes a range of requests.
    public init(_ kind: Kind, requests: ClosedRange<Int>) {
        self.kind = kind
        self.requests = requests
    }

    /// What such a fault begins with on the command line.
    public static let prefix = "lookup:"

    /// Reads a fault as the command line has it: `lookup:429@3`, `lookup:hang@2-4`, `lookup:402@10-`, `lookup:omit@*`.
    ///
    /// The kind is a status from 400 to 599 or the name of a case; after `@` stands a request's number, a range of them, a
    /// number and all after it, or `*` for each.
    ///
    /// - Throws: `SimulatorError` with code `.badFault`.
    public init(parsing text: String) throws(SimulatorError) {
        func failure(_ why: String) -> SimulatorError {
            SimulatorError(
                code: .badFault,
                message:
                    "fault \"\(text)\": \(why); faults of lookups look like lookup:429@3, lookup:lose@2-4 or lookup:hang@*"
            )
        }
        guard text.hasPrefix(Self.prefix) else { throw failure("it does not begin with \(Self.prefix)") }
        let parts = text.dropFirst(Self.prefix.count).split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw failure("it does not say at which request") }
        let kinds: [Substring: Kind] = [
            "hang": .hang, "truncate": .truncate, "cut": .cut, "lose": .lose, "omit": .omit,
            "partial": .partial, "forget": .forget,
        ]
        if let status = Int(parts[0]), (400...599).contains(status) {
            kind = .refuse(status: status)
        } else if let named = kinds[parts[0]] {
            kind = named
        } else {
            throw failure("\"\(parts[0])\" is no fault")
        }
        let ends = parts[1].split(separator: "-", omittingEmptySubsequences: false)
        if parts[1] == "*" {
            requests = 1...Int.max
        } else if let first = Int(ends[0]), first > 0, ends.count <= 2,
            let last = ends.count == 1 ? first : ends[1].isEmpty ? Int.max : Int(ends[1]), last >= first
        {
            requests = first...last
        } else {
            throw failure("\"\(parts[1])\" is no request")
        }
    }
}
