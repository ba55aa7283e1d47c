import AWS
import Foundation
import Glibc
import HTTPClient
import Sinks
import TestSupport
import Testing
import Time
import Transform

@Suite struct SinkTests {
    private static let names = ["ndjson", "sqlite", "null", "firehose"]
    private let firehose = FirehoseDouble()

    private func open(_ name: String, in folder: TemporaryFolder, resuming: Bool = false) throws -> any Sink {
        if name == "firehose" {
            let settings = try AWSSettings(environment: [
                "HOME": folder.path, "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": firehose.server.url,
                "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "secret-b",
            ])
            let connection = try AWSConnection(settings, http: HTTPClientConfiguration(userAgent: "test"))
            return DeliveredSink(try FirehoseSink(FirehoseAddress("posts"), connection, FirehoseOptions()))
        }
        let address = try SinkAddress(name == "null" ? "null:" : "\(name):\(folder.path)/out")
        return try address.open(transformDigest: DefaultTransform.digest, resuming: resuming)
    }

    private func batch(_ ids: ClosedRange<Int>) -> DocumentBatch {
        let batch = DocumentBatch()
        let transform = DefaultTransform()
        for id in ids {
            let line = Array(post(id).utf8.dropLast(2))
            let padded = line + [UInt8](repeating: 0, count: DefaultTransform.padding)
            padded.withUnsafeBytes { bytes in
                _ = transform.transform(
                    UnsafeRawBufferPointer(rebasing: bytes[0..<line.count]),
                    offset: 0,
                    arrival: Timestamp(microseconds: 1_780_000_000_000_000 + Int64(id)),
                    ordinal: 0,
                    into: batch
                )
            }
        }
        return batch
    }

    @Test(arguments: names) func everyDocumentIsCountedOnce(name: String) throws {
        let folder = try TemporaryFolder()
        let sink = try open(name, in: folder)
        let counts = try sink.deliver(batch(1...100))
        #expect(counts.accepted + counts.stale + counts.rejected == 100)
        #expect(counts.accepted == 100)
        try sink.flush()
        try sink.close()
    }

    @Test(arguments: names) func anEmptyBatchIsTakenAndFlushingTwiceDoesNoHarm(name: String) throws {
        let folder = try TemporaryFolder()
        let sink = try open(name, in: folder)
        #expect(try sink.deliver(DocumentBatch()) == DeliveryCounts())
        try sink.flush()
        try sink.flush()
        try sink.close()
    }

    @Test(arguments: names) func deliveringAgainLeavesAnUpsertSinkAsItIs(name: String) throws {
        let folder = try TemporaryFolder()
        let sink = try open(name, in: folder)
        _ = try sink.deliver(batch(1...10))
        let again = try sink.deliver(batch(1...10))
        #expect(sink.kind == .upsert ? again.stale == 10 : again.accepted == 10)
        try sink.close()
    }

    @Test(arguments: names) func theSameTargetHasTheSameIdentityWhenOpenedAgain(name: String) throws {
        let folder = try TemporaryFolder()
        let first = try open(name, in: folder)
        try first.close()
        let second = try open(name, in: folder, resuming: true)
        #expect(first.identity == second.identity)
        try second.close()
    }

    @Test func aFileGoesOnBehindItsLastWholeLineOrIsReplaced() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/out"
        try "{\"a\":1}\n{\"torn".write(toFile: path, atomically: true, encoding: .utf8)
        let resumed = try NDJSONSink(path: path, resuming: true)
        _ = try resumed.deliver(batch(1...1))
        try resumed.close()
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first == "{\"a\":1}")
        let replaced = try NDJSONSink(path: path, resuming: false)
        try replaced.close()
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).isEmpty)
    }

    @Test(.timeLimit(.minutes(20))) func aSlowReaderOfANonBlockingPipeGetsEveryByte() throws {
        let (reading, writing) = try pipe()
        #expect(fcntl(writing, F_SETFL, O_NONBLOCK) == 0)
        let documents = batch(1...2_000)
        let reader = startThread {
            var received = Data()
            var buffer = [UInt8](repeating: 0, count: 7_001)
            while case let count = read(reading, &buffer, buffer.count), count > 0 {
                received.append(contentsOf: buffer[0..<count])
                usleep(200)
            }
            let lines = received.split(separator: 10)
            #expect(lines.count == 2_000)
            #expect(lines.allSatisfy { $0.first == 0x7B && $0.last == 0x7D })
        }
        let sink = NDJSONSink(descriptor: writing)
        #expect(try sink.deliver(documents).accepted == 2_000)
        try sink.close()
        close(writing)
        #expect(reader.join(seconds: 30))
        close(reading)
    }

    @Test func aReaderThatHasGoneIsSaid() throws {
        signal(SIGPIPE, SIG_IGN)
        let (reading, writing) = try pipe()
        close(reading)
        let sink = NDJSONSink(descriptor: writing)
        let error = #expect(throws: SinkError.self) { try sink.deliver(batch(1...1)) }
        #expect(error?.code == .closedPipe)
        close(writing)
    }

    private func pipe() throws -> (reading: CInt, writing: CInt) {
        var ends: [CInt] = [0, 0]
        try #require(Glibc.pipe(&ends) == 0)
        return (ends[0], ends[1])
    }

    @Test func aFileThatWasDeletedAndMadeAnewHasAnotherIdentity() throws {
        let folder = try TemporaryFolder()
        let first = try NDJSONSink(path: "\(folder.path)/out", resuming: true)
        try FileManager.default.moveItem(atPath: "\(folder.path)/out", toPath: "\(folder.path)/moved")
        let second = try NDJSONSink(path: "\(folder.path)/out", resuming: true)
        #expect(first.identity != second.identity)
        let moved = try NDJSONSink(path: "\(folder.path)/moved", resuming: true)
        #expect(moved.identity == first.identity)
    }

    @Test(arguments: ["", "ndjson", "ndjson:", "sqlite:", "null:x", "kafka:x", "x"])
    func wrongAddressesTeach(text: String) {
        let error = #expect(throws: SinkError.self) { try SinkAddress(text) }
        #expect(error?.code == .address)
        #expect(error?.message.contains(":") == true)
    }
}

/// A remote sink as a local one, for what holds for all: each batch is settled before the next.
private final class DeliveredSink: Sink {
    private let delivery: ConcurrentDelivery?
    private let failure: (any Error)?
    private var before = DeliveryCounts()
    let kind: SinkKind
    let identity: String

    init(_ sink: any RemoteSink) {
        kind = sink.kind
        identity = sink.identity
        do {
            delivery = try ConcurrentDelivery(sink, patience: .givingUp(after: .seconds(20)), seed: 1)
            failure = nil
        } catch {
            delivery = nil
            failure = error
        }
    }

    func deliver(_ batch: DocumentBatch) throws -> DeliveryCounts {
        if let failure { throw failure }
        _ = try delivery?.deliver(batch)
        try delivery?.finish()
        let now = try delivery?.progress().counts ?? DeliveryCounts()
        defer { before = now }
        return DeliveryCounts(
            accepted: now.accepted - before.accepted,
            stale: now.stale - before.stale,
            rejected: now.rejected - before.rejected,
            skipped: now.skipped - before.skipped
        )
    }

    func flush() throws { delivery?.flush() }
    func close() throws { try delivery?.close() }
}
