/// Where documents go, as it is written on the command line: `KIND:TARGET`.
public enum SinkAddress: Sendable, Equatable, CustomStringConvertible {
    /// `ndjson:PATH`: a line a document.
    case ndjson(path: String)
    /// `ndjson:-`: the same to standard output.
    case standardOutput
    /// `sqlite:PATH`: the embedded index.
    case sqlite(path: String)
    /// `elasticsearch:URL/ALIAS`, `opensearch:URL/ALIAS`: an index behind its alias.
    case search(SearchAddress)
    /// `firehose:STREAM`: a delivery stream of Amazon Data Firehose.
    case firehose(FirehoseAddress)
    /// `s3:BUCKET/PREFIX`: objects of Amazon S3.
    case s3(S3Address)
    /// `null:`: nowhere.
    case null

    /// Reads an address.
    ///
    /// - Throws: `SinkError` with code `address`.
    public init(_ text: String) throws(SinkError) {
        let kind = text.prefix { $0 != ":" }
        let target = String(text.dropFirst(kind.count + 1))
        switch (String(kind), target.isEmpty) {
        case ("ndjson", false): self = target == "-" ? .standardOutput : .ndjson(path: target)
        case ("sqlite", false): self = .sqlite(path: target)
        case ("elasticsearch", _): self = .search(try SearchAddress(.elasticsearch, target))
        case ("opensearch", _): self = .search(try SearchAddress(.opensearch, target))
        case ("firehose", _): self = .firehose(try FirehoseAddress(target))
        case ("s3", _): self = .s3(try S3Address(target))
        case ("null", true): self = .null
        case ("null", false): throw SinkError(.address, "null: takes no target, so write 'null:'")
        case ("ndjson", true), ("sqlite", true):
            throw SinkError(.address, "'\(text)' has no target: write \(kind):PATH")
        default:
            throw SinkError(
                .address,
                "'\(text)' is no sink: write ndjson:PATH, ndjson:-, sqlite:PATH, elasticsearch:URL/ALIAS, "
                    + "opensearch:URL/ALIAS, firehose:STREAM, s3:BUCKET/PREFIX or null:"
            )
        }
    }

    /// The address as it is written.
    public var description: String {
        switch self {
        case .ndjson(let path): "ndjson:\(path)"
        case .standardOutput: "ndjson:-"
        case .sqlite(let path): "sqlite:\(path)"
        case .search(let address): "\(address)"
        case .firehose(let address): "\(address)"
        case .s3(let address): "\(address)"
        case .null: "null:"
        }
    }

    /// Whether it is behind a network, so that it is opened by `ConcurrentDelivery`.
    public var isRemote: Bool {
        switch self {
        case .search, .firehose, .s3: true
        case .ndjson, .standardOutput, .sqlite, .null: false
        }
    }

    /// Opens a sink of this machine.
    ///
    /// - Parameters:
    ///   - transformDigest: what makes the documents; an index belongs to one transform.
    ///   - resuming: whether a file is gone on with; otherwise it is replaced.
    ///   - skipsDeletions: whether a file gets no lines that only say that a post is gone.
    ///   - standsAlone: whether an index is closed as one file that needs no log beside it.
    ///   - isStopped: asked while another program locks an index; true ends the wait.
    /// - Throws: `SinkError`, or `IndexError`.
    public func open(
        transformDigest: String,
        resuming: Bool,
        skipsDeletions: Bool = false,
        standsAlone: Bool = false,
        isStopped: @escaping () -> Bool = { false }
    ) throws -> any Sink {
        switch self {
        case .ndjson(let path): try NDJSONSink(path: path, resuming: resuming, skipsDeletions: skipsDeletions)
        case .standardOutput: NDJSONSink(descriptor: 1, skipsDeletions: skipsDeletions)
        case .sqlite(let path):
            try SQLiteSink(
                path: path,
                transformDigest: transformDigest,
                standsAlone: standsAlone,
                isStopped: isStopped
            )
        case .null: NullSink()
        case .search, .firehose, .s3: throw SinkError(.address, "\(self) is behind a network; open its delivery")
        }
    }
}
