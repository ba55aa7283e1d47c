internal import Foundation
internal import Synchronization

/// A Data Firehose in memory that keeps what was put into it, and makes calls fail by seed.
public final class FirehoseDouble: Sendable {
    /// What it holds and has done.
    public struct State: Sendable {
        /// Every record taken, in order of arrival, decoded.
        public var records: [String] = []
        /// Records in calls whose answer never arrived as it should, though they may have been taken.
        public var unanswered: [String: Int] = [:]
        /// Calls, by what became of them.
        public var calls: [String: Int] = [:]
        /// The most records and bytes of a call.
        public var largest = (records: 0, bytes: 0)
        /// The heads of all requests.
        public var heads: [String] = []
        var random: SeededRandom
    }

    /// The server.
    public let server: ScriptedServer
    private let shared: Shared

    private final class Shared: Sendable {
        let state: Mutex<State>
        init(_ state: State) { self.state = Mutex(state) }
    }

    /// Starts one.
    ///
    /// - Parameters:
    ///   - faults: of a hundred calls, how many fail.
    ///   - answer: answers the call of a number, from 1, in another way; nil lets it be taken.
    public init(
        seed: UInt64 = 1,
        faults: Int = 0,
        answer: @escaping @Sendable (Int, ScriptedServer.Connection) -> Bool = { _, _ in false }
    ) {
        let shared = Shared(State(random: SeededRandom(seed: seed)))
        self.shared = shared
        server = ScriptedServer { connection in
            let bytes = connection.bytes.count
            let head = connection.request.components(separatedBy: "\r\n\r\n").first ?? ""
            let number = shared.state.withLock { state in
                state.heads.append(head)
                return state.heads.count
            }
            if answer(number, connection) { return }
            if head.contains("Firehose_20150804.DescribeDeliveryStream") {
                return connection.answer(
                    status: "200 OK",
                    body: #"{"DeliveryStreamDescription":{"Destinations":[{"ExtendedS3DestinationDescription":{}}]}}"#
                )
            }
            guard let records = FirehoseDouble.records(connection.body) else {
                return connection.answer(status: "400 Bad", body: #"{"__type":"SerializationException"}"#)
            }
            let fault = shared.state.withLock { state -> Int? in
                state.largest = (max(state.largest.records, records.count), max(state.largest.bytes, bytes))
                guard Int.random(in: 0..<100, using: &state.random) < faults else { return nil }
                return Int.random(in: 0..<8, using: &state.random)
            }
            FirehoseDouble.serve(fault, records, connection, shared)
        }
    }

    deinit { server.stop() }

    /// What it holds now.
    public var state: State { shared.state.withLock { $0 } }

    private static func serve(
        _ fault: Int?,
        _ records: [String],
        _ connection: ScriptedServer.Connection,
        _ shared: Shared
    ) {
        func note(_ what: String) { shared.state.withLock { $0.calls[what, default: 0] += 1 } }
        func loseAnswer() {
            shared.state.withLock { state in for record in records { state.unanswered[record, default: 0] += 1 } }
        }
        func throttled(_ status: String) {
            connection.answer(status: status, body: #"{"__type":"ServiceUnavailableException","message":"Slow down."}"#)
        }
        switch fault {
        case 0:
            note("throttled")
            throttled("503 Service Unavailable")
        case 1:
            note("throttled")
            throttled("400 Bad Request")
        case 2:
            note("failed")
            loseAnswer()
            connection.answer(status: "500 Oops", body: #"{"__type":"InternalFailure"}"#)
        case 3:
            note("reset before")
            loseAnswer()
            connection.reset()
        case 4:
            note("lost")
            loseAnswer()
            _ = take(records, shared, partly: false)
            connection.reset()
        case 5:
            note("truncated")
            loseAnswer()
            let reply = take(records, shared, partly: false)
            connection.answer(status: "200 OK", body: String(reply.prefix(reply.count / 2)))
        case 6, 7:
            note("partly")
            connection.answer(status: "200 OK", body: take(records, shared, partly: true))
        default:
            note("taken")
            connection.answer(status: "200 OK", body: take(records, shared, partly: false))
        }
    }

    private static func take(_ records: [String], _ shared: Shared, partly: Bool) -> String {
        shared.state.withLock { state in
            var failed = 0
            let entries = records.map { record -> String in
                if partly, Int.random(in: 0..<3, using: &state.random) == 0 {
                    failed += 1
                    return #"{"ErrorCode":"ServiceUnavailableException","ErrorMessage":"Slow \"down\"."}"#
                }
                state.records.append(record)
                return #"{"RecordId":"id\#(state.records.count)"}"#
            }
            return
                #"{"FailedPutCount":\#(failed),"Encrypted":false,"RequestResponses":[\#(entries.joined(separator: ","))]}"#
        }
    }

    /// The records of a body, decoded; nil for what Firehose would not read.
    private static func records(_ body: [UInt8]) -> [String]? {
        guard let object = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any],
            object["DeliveryStreamName"] as? String != nil, let records = object["Records"] as? [[String: String]],
            (1...500).contains(records.count)
        else { return nil }
        var decoded: [String] = []
        for record in records {
            guard let data = record["Data"].flatMap({ Data(base64Encoded: $0) }), data.count <= 1_024_000 else {
                return nil
            }
            decoded.append(String(decoding: data, as: UTF8.self))
        }
        return decoded
    }
}
