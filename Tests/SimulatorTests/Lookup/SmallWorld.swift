import Foundation
import Testing
import Time

@testable import Simulator

/// A world of posts a second apart, with the records that a stream had of it; each set of rules holds for an equal part.
func makeWorld(
    _ count: Int,
    seed: UInt64 = 1,
    rules: [[SimulatedRule]] = [SimulatedRule.catsAndDogs],
    _ change: (inout SimulatedFates) -> Void = { _ in }
) throws -> (world: PostWorld, records: [[String: Any]]) {
    var configuration = SimulatorConfiguration()
    configuration.posts = .generated(seed: seed, start: SimulatorConfiguration.defaultStart)
    var settings = LookupSettings()
    change(&settings.fates)
    configuration.lookups = settings
    let world = try #require(
        try PostWorld(configuration, clock: ManualClock(SimulatorConfiguration.defaultStart).clock)
    )
    let book = RuleBook()
    let clock = PostClock(start: SimulatorConfiguration.defaultStart, step: .seconds(1))
    var generator = PostGenerator(seed: seed, clock: clock, world: world)
    let view = PostView(fields: PostFields(list: LookupFixture.fields))
    let records = try (0..<count).map { index -> [String: Any] in
        if index % ((count + rules.count - 1) / rules.count) == 0 {
            _ = book.deleteAll(dryRun: false)
            _ = book.add(rules[index * rules.count / count])
        }
        var bytes: [UInt8] = []
        #expect(generator.appendNext(rules: book.current, view: view, to: &bytes))
        let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        return try #require(object?["data"] as? [String: Any])
    }
    return (world, records)
}

func ids(_ records: [[String: Any]]) -> [UInt64] {
    records.compactMap { UInt64($0["id"] as? String ?? "") }
}
