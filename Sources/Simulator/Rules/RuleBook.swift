internal import Synchronization

/// The rules in force, and what X says when they are changed.
final class RuleBook: Sendable {
    /// What became of a request to add rules.
    struct Addition {
        var created: [SimulatedRule] = []
        var duplicates: [SimulatedRule] = []
        var invalid: [(rule: SimulatedRule, detail: String)] = []
        /// Rules beyond the cap.
        var overCapCount = 0
    }

    /// What became of a request to delete rules.
    struct Deletion {
        var deletedCount = 0
        /// Ids and values that no rule has.
        var unknown: [String] = []
    }

    /// Rules an app may have.
    static let cap = 1_000

    private struct State {
        var set = RuleSet([])
        /// Ids count up from here, in the order of creation.
        var nextID: UInt64 = 1_414_987_654_321_000_001
    }

    private let state = Mutex(State())

    /// The rules in force now.
    var current: RuleSet { state.withLock { $0.set } }

    /// Adds those that are well-formed and new; a dry run only says what would happen.
    func add(_ rules: [SimulatedRule], dryRun: Bool = false) -> Addition {
        state.withLock { state in
            var addition = Addition()
            var entries = state.set.entries
            var nextID = state.nextID
            for var rule in rules {
                if let existing = entries.first(where: { $0.rule.value == rule.value }) {
                    addition.duplicates.append(existing.rule)
                    continue
                }
                guard entries.count < Self.cap else {
                    addition.overCapCount += 1
                    continue
                }
                do throws(RuleParser.Failure) {
                    let expression = try RuleParser.parse(rule.value)
                    rule.id = String(nextID)
                    nextID += 1
                    entries.append(RuleSet.Entry(rule: rule, expression: expression))
                    addition.created.append(rule)
                } catch {
                    addition.invalid.append((rule, error.detail))
                }
            }
            if !dryRun {
                state.set = RuleSet(entries)
                state.nextID = nextID
            }
            return addition
        }
    }

    /// Deletes rules by id and by exact value.
    func delete(ids: [String], values: [String], dryRun: Bool) -> Deletion {
        state.withLock { state in
            var deletion = Deletion()
            var entries = state.set.entries
            func delete(_ wanted: String, _ isIt: (SimulatedRule) -> Bool) {
                if let index = entries.firstIndex(where: { isIt($0.rule) }) {
                    entries.remove(at: index)
                    deletion.deletedCount += 1
                } else {
                    deletion.unknown.append(wanted)
                }
            }
            for id in ids { delete(id) { $0.id == id } }
            for value in values { delete(value) { $0.value == value } }
            if !dryRun { state.set = RuleSet(entries) }
            return deletion
        }
    }

    /// Deletes every rule.
    func deleteAll(dryRun: Bool) -> Deletion {
        let ids = current.entries.map(\.rule.id)
        return delete(ids: ids, values: [], dryRun: dryRun)
    }
}
