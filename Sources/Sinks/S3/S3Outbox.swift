internal import Lifecycle
internal import Time
internal import Transform

/// Hands requests to the delivery engine in order, and holds no more of their bodies than a limit allows.
final class S3Outbox {
    /// Requests handed over so far.
    private(set) var handed = 0
    private let engine: ConcurrentDelivery
    private let queue: S3Queue
    /// Bodies of requests that may not be settled, with the number of requests that have to be.
    private var bodies: [(awaited: Int, byteCount: Int)] = []
    /// What stands for a request in the engine.
    private var ticket = DocumentBatch(byteCapacity: 4_096)

    /// Bytes of bodies that are under way or wait.
    private static let bodyLimit = 11 << 20
    /// Requests that are under way or wait.
    private static let requestLimit = 64

    init(_ engine: ConcurrentDelivery, _ queue: S3Queue) {
        self.engine = engine
        self.queue = queue
    }

    /// Requests that are settled, and all before them.
    func settled() throws -> Int { try engine.progress().settledBatches }

    /// Adds a request; waits while too many are not settled.
    func hand(_ request: S3Request) throws {
        let settled = try settled()
        bodies.removeAll { $0.awaited <= settled }
        while let first = bodies.first, isFull(for: request.body.count) {
            try engine.waitUntilSettled(first.awaited)
            bodies.removeFirst()
        }
        queue.add(request, as: UInt64(handed))
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        ticket.addRecord(
            nothing,
            offset: UInt64(handed),
            arrival: Timestamp(rawValue: 0),
            ordinal: 0,
            origin: .stream
        )
        ticket = try engine.deliver(ticket)
        handed += 1
        bodies.append((handed, request.body.count))
    }

    /// Waits until all requests are settled.
    func finish() throws { try engine.waitUntilSettled(handed) }

    private func isFull(for more: Int) -> Bool {
        bodies.count >= S3Outbox.requestLimit || bodies.reduce(more) { $0 + $1.byteCount } > S3Outbox.bodyLimit
    }
}
