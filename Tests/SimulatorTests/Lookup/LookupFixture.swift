import Foundation
import Simulator
import TestSupport
import Testing
import Time

/// A running simulator with lookups, on a clock that the test moves.
final class LookupFixture {
    static let fields =
        "attachments,author_id,conversation_id,created_at,lang,paid_partnership,possibly_sensitive,public_metrics,"
        + "referenced_tweets,withheld"

    let clock = ManualClock(SimulatorConfiguration.defaultStart)
    let simulator: SimulatorFixture
    /// The posts that were streamed, as objects.
    private(set) var streamed: [[String: Any]] = []

    /// Starts one and streams so many posts.
    init(
        streaming count: Int,
        _ change: (inout SimulatorConfiguration, inout LookupSettings) -> Void = { _, _ in }
    ) throws {
        simulator = try SimulatorFixture(clock: clock.clock) {
            var settings = LookupSettings()
            settings.fates = .none
            // Exactly so many, so that what was charged for is known.
            $0.faults = [SimulatedFault(connection: nil, kind: .close, position: .records(count))]
            change(&$0, &settings)
            $0.lookups = settings
        }
        if count > 0 { try stream(count) }
    }

    var truth: SimulatedTruth { get throws { try #require(simulator.simulator.truth) } }
    var usage: SimulatedUsage { get throws { try #require(simulator.simulator.usage) } }
    var ids: [UInt64] { streamed.compactMap { UInt64($0["id"] as? String ?? "") } }

    func stream(_ count: Int) throws {
        let connection = try #require(RawConnection(port: simulator.simulator.port))
        connection.request("\(SimulatorFixture.streamPath)?tweet.fields=\(Self.fields)")
        connection.read(for: .seconds(60)) { $0.suffix(5).elementsEqual("0\r\n\r\n".utf8) }
        let lines = wholeLines(connection.content)
        #expect(lines.count == count)
        for line in lines where !line.isEmpty {
            let object = try #require(JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
            streamed.append(try #require(object["data"] as? [String: Any]))
        }
    }

    func lookUp(
        _ ids: some Sequence<UInt64>,
        query: String = "tweet.fields=\(LookupFixture.fields)"
    ) throws -> (status: Int, head: String, object: [String: Any]) {
        try simulator.ask("/2/tweets?ids=\(ids.map(String.init).joined(separator: ","))&\(query)")
    }

    /// Sends a lookup and gives what comes within a short time, for answers that are not whole.
    func lookUpRaw(_ ids: some Sequence<UInt64>, for time: Duration = .seconds(20)) throws -> RawConnection {
        let connection = try #require(RawConnection(port: simulator.simulator.port))
        let list = ids.map(String.init).joined(separator: ",")
        connection.request("/2/tweets?ids=\(list)", headers: ["Connection: close"])
        connection.read(for: time)
        return connection
    }
}

extension [String: Any] {
    var posts: [[String: Any]] { self["data"] as? [[String: Any]] ?? [] }
    var problems: [[String: Any]] { self["errors"] as? [[String: Any]] ?? [] }
}
