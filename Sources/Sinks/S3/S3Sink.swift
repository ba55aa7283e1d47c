internal import AWS
internal import Failures
internal import Synchronization
internal import Transform

/// The requests to a bucket as a sink of the delivery engine, whose retries, push-back, patience and stop they share.
///
/// What the engine takes for a batch of one document is one request: the document's offset is its number.
final class S3Sink: RemoteSink {
    let kind = SinkKind.append
    let identity: String
    var name: String { "\(address)" }
    let batchDocumentLimit = 1
    let batchByteLimit = 4_096
    let queue = S3Queue()
    let address: S3Address
    private let connection: AWSConnection
    private let onNotice: @Sendable (String) -> Void
    private let shared = Mutex(S3Totals())

    /// - Parameter onNotice: told what is worth a line of the log.
    /// - Throws: `AWSError` for an endpoint that is no URL.
    init(_ address: S3Address, _ connection: AWSConnection, onNotice: @escaping @Sendable (String) -> Void) throws {
        self.address = address
        self.connection = connection
        self.onNotice = onNotice
        identity = "s3:\(try connection.endpoint(of: "s3").host)/\(address.bucket)/\(address.prefix)"
    }

    var totals: S3Totals { shared.withLock { $0 } }

    func makeCaller() throws -> any DocumentCaller {
        S3Caller(try makeRequests(), queue)
    }

    /// The requests of a connection of its own.
    func makeRequests() throws -> S3Requests {
        S3Requests(
            try S3Bucket(address.bucket, connection),
            S3Fault(address: address, region: connection.region),
            onNotice: onNotice
        ) { [self] change in shared.withLock { change(&$0) } }
    }
}

/// Makes the requests of one connection.
private final class S3Caller: DocumentCaller {
    private let requests: S3Requests
    private let queue: S3Queue

    init(_ requests: S3Requests, _ queue: S3Queue) {
        self.requests = requests
        self.queue = queue
    }

    func call(_ batch: DocumentBatch, _ documents: [Int32], _ control: CallControl) -> CallResult {
        guard let place = documents.first, documents.count == 1,
            let request = queue.request(batch.documents[Int(place)].offset)
        else { return .failed(.unknown, reason: "a request to S3 was lost before it was sent") }
        do {
            let failure = try requests.send(request, control)
            if failure == nil { queue.remove(batch.documents[Int(place)].offset) }
            return failure ?? .outcomes([.accepted])
        } catch let error as AWSError {
            return .failed(error.failureCause, reason: error.message)
        } catch {
            return .failed(.unknown, reason: "\(error)")
        }
    }
}
