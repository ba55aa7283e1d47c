import Foundation
import Journal
import Lifecycle
import Refresher
import Simulator
import TestSupport
import Testing
import Time
import XAPI

/// Whatever happens, X bills no looked-up post more than was allowed, and none that the ledger does not hold.
@Suite(.timeLimit(.minutes(60)))
struct BudgetTests {
    /// REPRISE_TEST_BUDGET_SEEDS sets how many rounds there are.
    @Test func noLookedUpPostIsBilledBeyondTheBudgetOrBesideTheLedger() throws {
        let environment = ProcessInfo.processInfo.environment
        let count = Int(environment["REPRISE_TEST_BUDGET_SEEDS"] ?? "") ?? 6
        let seeds: [UInt64] =
            environment["REPRISE_TEST_SEED"].flatMap(UInt64.init).map { [$0] }
            ?? (0..<count).map { _ in UInt64.random(in: 0...UInt64.max) }
        var (billed, exhausted) = (0, 0)
        for seed in seeds {
            let round = try Round(seed: seed)
            try round.run()
            billed += try round.fixture.lookedUpBilled().values.reduce(0, +)
            exhausted += round.exhausted
        }
        // Rounds in which nothing happens prove nothing.
        if seeds.count >= 12 { #expect(billed > 0 && exhausted > 0, "\(seeds)") }
    }

    /// A schedule of streams, waits and passes under random budgets.
    private final class Round {
        let fixture: MoneyFixture
        private var random: SeededRandom
        /// Nothing is lost and nothing is near midnight: then the ledger is what X billed.
        private let isExact: Bool
        private let rule: BillingDay.Rule
        private let budgets: [String]
        private let limits: (run: Int, day: Int, month: Int)
        private(set) var exhausted = 0
        private var steps: [String] = []

        init(seed: UInt64) throws {
            var random = SeededRandom(seed: seed)
            isExact = Bool.random(using: &random)
            rule = Int.random(in: 0..<4, using: &random) == 0 ? .none : .utcDay
            var limits = (run: Int.max, day: Int.max, month: Int.max)
            var budgets: [String] = []
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let posts = [0, 1, 37, 100, 150, 333, 700].randomElement(using: &random) ?? 0
                // Three tenths of a cent buy nothing more.
                let text =
                    Bool.random(using: &random) ? "\(posts)" : "$\(String(format: "%.4f", Double(posts) / 200 + 0.003))"
                switch Int.random(in: 0..<3, using: &random) {
                case 0:
                    budgets.append(text)
                    limits.run = min(limits.run, posts)
                case 1:
                    budgets.append(text + "/day")
                    limits.day = min(limits.day, posts)
                default:
                    budgets.append(text + "/month")
                    limits.month = min(limits.month, posts)
                }
            }
            (self.budgets, self.limits) = (budgets, limits)
            let (isExact, rule) = (isExact, rule)
            let faults = Self.faults(isExact, &random)
            fixture = try MoneyFixture(batch: Int.random(in: 20...250, using: &random)) { configuration, settings in
                configuration.posts = .generated(seed: seed, start: SimulatorConfiguration.defaultStart)
                settings.fates = SimulatedFates()
                settings.fates.deletedPerMille = 200
                // X bills what is withheld, but shows it as a post that is gone, so that its next read counts again.
                if isExact { settings.fates.withheldPerMille = 0 }
                settings.omittedPerMille = 30
                settings.unavailablePerMille = 30
                settings.deduplicatesCharges = rule == .utcDay
                settings.faults = faults
            }
            fixture.ahead = .seconds(Int.random(in: -300...300, using: &random))
            self.random = random
        }

        private static func faults(_ isExact: Bool, _ random: inout SeededRandom) -> [LookupFault] {
            var kinds: [LookupFault.Kind] = [
                .refuse(status: 429), .refuse(status: 503), .refuse(status: 402), .omit, .partial,
            ]
            if !isExact {
                kinds += [.lose, .cut, .truncate, .hang]
                // Endings behind which X may have billed, and those of somebody else.
                kinds += [202, 203, 302, 408, 499, 502, 504, 520].map { .refuse(status: $0) }
            }
            return (0..<8).map { _ in
                LookupFault(
                    kinds.randomElement(using: &random) ?? .omit,
                    request: Int.random(in: 1...40, using: &random)
                )
            }
        }

        func run() throws {
            try fixture.stream()
            for _ in 0..<14 {
                switch Int.random(in: 0..<4, using: &random) {
                case 0:
                    let hour = fixture.xClock.clock.now.rawValue % MoneyFixture.dayLength / 3_600_000_000
                    if !isExact || (1...22).contains(hour) { try stream() }
                case 1: advance(.seconds(Int.random(in: 60...5_400, using: &random)))
                case 2: advance(.seconds(Int.random(in: 3_600...90_000, using: &random)))
                default:
                    let left = MoneyFixture.dayLength - fixture.xClock.clock.now.rawValue % MoneyFixture.dayLength
                    let before = Duration.seconds(Int.random(in: -200...200, using: &random))
                    advance(max(.zero, .microseconds(left) - before))
                }
                if !isExact { fixture.ahead = .seconds(Int.random(in: -300...300, using: &random)) }
                try pass()
                try check()
            }
        }

        private func advance(_ duration: Duration) {
            fixture.xClock.advance(by: duration)
            steps.append("+\(Int(duration.asSeconds)) s")
        }

        private func stream() throws {
            do {
                try fixture.stream()
                steps.append("stream")
            } catch let error as JournalError where error.code == .clockBehind && !isExact {
                steps.append("our clock is behind")
            }
        }

        private func pass() throws {
            let before = try fixture.lookedUpBilled().values.reduce(0, +)
            do {
                let refresher = try fixture.refresher(budgets, timeout: isExact ? .seconds(60) : .milliseconds(400)) {
                    $0.billing = rule
                    $0.schedule = RefreshSchedule(steps: [1, 2, 5, 9, 16, 30, 60].map { .seconds($0 * 3_600) })
                }
                let passes = Int.random(in: 1...2, using: &random)
                let outcome = Result {
                    for _ in 0..<passes {
                        let report = try refresher.pass(ShutdownSignal())
                        if report.ending == .budget { exhausted += 1 }
                        steps.append("\(report)")
                    }
                }
                try refresher.close()
                try outcome.get()
            } catch let error as JournalError where error.code == .clockBehind && !isExact {
                steps.append("our clock is behind")
            } catch let error as XAPIError where error.isForeign && !isExact {
                steps.append("\(error)")
            }
            let after = try fixture.lookedUpBilled().values.reduce(0, +)
            #expect(after - before <= limits.run, "\(place)")
        }

        private func check() throws {
            let (ledger, billed) = (try fixture.ledger(), try fixture.lookedUpBilled())
            var months: [Substring: Int] = [:]
            for day in Set(ledger.keys).union(billed.keys) {
                let (said, real) = (ledger[day] ?? 0, billed[day] ?? 0)
                #expect(isExact ? said == real : said >= real, "day \(day): ledger \(said), X \(real); \(place)")
                #expect(real <= limits.day, "day \(day); \(place)")
                let time = Timestamp(rawValue: Int64(day) * MoneyFixture.dayLength)
                months[time.rfc3339.prefix(7), default: 0] += real
            }
            #expect(months.values.allSatisfy { $0 <= limits.month }, "\(months); \(place)")
        }

        private var place: Comment {
            "\(random), \(budgets), \(rule), exact \(isExact), ahead \(fixture.ahead)\n\(steps.suffix(6).joined(separator: "\n"))"
        }
    }
}
