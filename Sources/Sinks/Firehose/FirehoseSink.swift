public import AWS
internal import Failures
internal import Synchronization
public import Transform

/// A delivery stream of Amazon Data Firehose: every sighting, at least once.
public final class FirehoseSink: RemoteSink {
    /// Every sighting is put.
    public let kind = SinkKind.append
    /// Endpoint, region and stream.
    public let identity: String
    /// `firehose:STREAM`.
    public var name: String { "\(address)" }
    /// A call takes 500 records; with several documents in each, more documents.
    public var batchDocumentLimit: Int { options.packByteCount == nil ? FirehoseSink.recordLimit : 10_000 }
    /// In base64, and with each document's own few bytes, a little less than a call may hold.
    public let batchByteLimit: Int
    private let address: FirehoseAddress
    private let connection: AWSConnection
    private let options: FirehoseOptions
    private let shared = Mutex(FirehoseTotals())

    /// Records in a call.
    static let recordLimit = 500
    /// Bytes in a call, base64 counted.
    static let callByteLimit = 4 << 20

    /// Makes a sink; nothing is connected yet.
    ///
    /// - Throws: `AWSError` for an endpoint that is no URL.
    public init(_ address: FirehoseAddress, _ connection: AWSConnection, _ options: FirehoseOptions) throws {
        self.address = address
        self.connection = connection
        self.options = options
        let endpoint = try connection.endpoint(of: "firehose")
        identity = "firehose:\(endpoint.host)/\(connection.region)/\(address.stream)"
        let whole = (FirehoseSink.callByteLimit - FirehoseSink.recordLimit * 64) / 4 * 3
        // Records that are joined are seldom quite full.
        batchByteLimit = min(whole, options.packByteCount.map { FirehoseSink.recordLimit * $0 / 4 * 3 } ?? whole)
    }

    /// What the delivery has come to so far; from any thread.
    public var totals: FirehoseTotals { shared.withLock { $0 } }

    /// Sightings, and what lookups brought where that was asked for.
    public func takes(_ document: Document) -> Bool { document.origin == .stream || options.includesRefreshes }

    /// Makes a connection of its own.
    public func makeCaller() throws -> any DocumentCaller {
        FirehoseCaller(
            try AWSClient("firehose", connection),
            FirehoseBody(
                stream: address.stream,
                isRaw: options.isRaw,
                packByteCount: options.packByteCount ?? 0
            ),
            FirehoseFault(stream: address.stream, region: connection.region)
        ) { [self] totals in shared.withLock { $0 = $0.adding(totals) } }
    }
}

/// Makes `PutRecordBatch` calls over one connection.
final class FirehoseCaller: DocumentCaller {
    private let client: AWSClient
    private let body: FirehoseBody
    private let fault: FirehoseFault
    private let onCall: @Sendable (FirehoseTotals) -> Void

    private static let headers = [
        (name: "content-type", value: "application/x-amz-json-1.1"),
        (name: "x-amz-target", value: "Firehose_20150804.PutRecordBatch"),
    ]

    init(
        _ client: AWSClient,
        _ body: FirehoseBody,
        _ fault: FirehoseFault,
        onCall: @escaping @Sendable (FirehoseTotals) -> Void
    ) {
        self.client = client
        self.body = body
        self.fault = fault
        self.onCall = onCall
    }

    func call(_ batch: DocumentBatch, _ documents: [Int32], _ control: CallControl) -> CallResult {
        body.fill(batch, documents)
        let isTooLarge =
            body.records.count > FirehoseSink.recordLimit || body.bytes.count > FirehoseSink.callByteLimit
        if isTooLarge { return .tooLarge }
        var outcomes = Array(repeating: DocumentOutcome.accepted, count: documents.count)
        for place in body.oversized {
            outcomes[place] = .rejected(reason: "larger than the 1,000 KiB of a Firehose record")
        }
        if body.records.isEmpty { return .outcomes(outcomes) }
        var totals = FirehoseTotals()
        totals.calls = 1
        defer { onCall(totals) }
        func noteLost() {
            totals.lostAnswers = 1
            totals.perhapsTwice = documents.count - body.oversized.count
        }
        do {
            let reply = try client.send(
                "POST",
                headers: FirehoseCaller.headers,
                body: body.bytes,
                waker: control.waker,
                isCancelled: { control.isCancelled }
            )
            guard reply.status == 200 else {
                let result = fault.result(of: reply)
                // An internal error says nothing of what was done before it.
                if case .failed(.serverFault, _, _) = result { noteLost() }
                return result
            }
            guard let taken = FirehoseReply(reply.body, records: body.records.count) else {
                noteLost()
                return .failed(.serverFault, reason: "the reply to a PutRecordBatch is incomplete")
            }
            for (record, isTaken) in zip(body.records, taken.isTaken) {
                guard isTaken else {
                    for place in record.documents { outcomes[place] = .retry }
                    continue
                }
                totals.records += 1
                totals.billedBytes += FirehoseTotals.billed(record.byteCount)
                totals.unpackedBytes += record.unpackedBytes
            }
            return .outcomes(outcomes)
        } catch {
            if error.mayHaveArrived { noteLost() }
            return .failed(error.failureCause, reason: error.message)
        }
    }
}
