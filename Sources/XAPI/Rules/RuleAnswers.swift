/// What X's answers say of rules that were to be added.
struct RuleAnswers {
    /// Rules that X says it has added.
    var added: [ActiveRule] = []
    /// Rules that X says were in force already.
    var duplicates: [StreamRule] = []
    /// Rules that X refuses.
    var refused: [RefusedRule] = []

    /// Notes what X says of a rule among those of a request.
    mutating func note(_ problem: Problem, in chunk: ArraySlice<StreamRule>) {
        // Without a value it is said of the whole request.
        let value = problem.value ?? chunk.map(\.value).joined(separator: ", ")
        if problem.isDuplicateRule {
            duplicates.append(chunk.first { $0.value == value } ?? StreamRule(value: value))
        } else {
            refused.append(RefusedRule(value: value, problem: problem))
        }
    }
}

extension RulesReport {
    /// What a list of rules shows of a difference that was to be carried out.
    init(_ diff: RuleSetDiff, _ answers: RuleAnswers, deletionProblems: [String: Problem], inForce: [ActiveRule]) {
        self.init()
        self.inForce = inForce
        let ids = Set(inForce.map(\.id))
        let remaining = diff.deleted.filter { ids.contains($0.id) }
        deletedCount = diff.deleted.count - remaining.count
        failed = remaining.map { FailedRule(rule: $0.rule, failure: .stillInForce, problem: deletionProblems[$0.id]) }
        refused = answers.refused
        let old = Set(diff.deleted.map(\.id))
        for rule in diff.added + diff.kept.map(\.rule) {
            let found = inForce.filter { $0.rule.value == rule.value }
            if let match = found.first(where: { $0.rule == rule }) {
                guard diff.added.contains(rule) else { continue }
                if answers.duplicates.contains(where: { $0.value == rule.value }) {
                    duplicates.append(rule)
                } else {
                    added.append(match)
                }
            } else if let other = found.first {
                // A rule that was to be deleted for it is named once.
                if !old.contains(other.id) { failed.append(FailedRule(rule: rule, failure: .otherTag(other.rule.tag))) }
            } else if !refused.contains(where: { $0.value == rule.value }) {
                failed.append(FailedRule(rule: rule, failure: .notInForce))
            }
        }
        // X may refuse a request, or a rule that came into force by another one meanwhile.
        refused.removeAll { refusal in
            inForce.contains { $0.rule.value == refusal.value && diff.added.contains($0.rule) }
        }
    }
}
