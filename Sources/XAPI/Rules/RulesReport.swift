/// What became of a change of rules, by the list of rules afterwards; of a dry run, by X's answers.
public struct RulesReport: Sendable, Hashable {
    /// Rules that are deleted.
    public var deletedCount = 0
    /// Rules that are added, with their numbers.
    public var added: [ActiveRule] = []
    /// Rules that X says were in force already, and that are, with the tag that was requested; that is success.
    public var duplicates: [StreamRule] = []
    /// Rules that X refuses, with what it says.
    public var refused: [RefusedRule] = []
    /// Rules that are not as requested although X did not refuse them.
    public var failed: [FailedRule] = []
    /// The rules in force afterwards; nil where nothing was to be changed, and in a dry run.
    public var inForce: [ActiveRule]?

    /// Makes an empty report.
    public init() {}

    /// Whether all of it is done.
    public var isComplete: Bool { refused.isEmpty && failed.isEmpty }

    /// What is not done, in one line; empty where all is.
    public var shortfall: String {
        (refused.map { "X refuses \($0)" } + failed.map(\.description)).joined(separator: "; ")
    }
}

/// A rule that is not as it was requested after a change.
public struct FailedRule: Sendable, Hashable, CustomStringConvertible {
    /// What is wrong with it.
    public enum Failure: Sendable, Hashable {
        /// It was to be deleted, and is still in force.
        case stillInForce
        /// It was to be added or kept, and is not in force.
        case notInForce
        /// It is in force with this tag instead.
        case otherTag(String)
    }

    /// The rule as it was requested, or as it was to be deleted.
    public let rule: StreamRule
    /// What is wrong with it.
    public let failure: Failure
    /// What X said about it, where it said anything.
    public let problem: Problem?

    /// Makes a failed rule.
    public init(rule: StreamRule, failure: Failure, problem: Problem? = nil) {
        self.rule = rule
        self.failure = failure
        self.problem = problem
    }

    /// The rule, what is wrong with it, and what X said.
    public var description: String {
        let said = problem.map { "; X says: \($0)" } ?? ""
        switch failure {
        case .stillInForce: return "\(rule.value) was to be deleted and is still in force\(said)"
        case .notInForce: return "\(rule.value) is not in force\(said)"
        case .otherTag(let tag):
            return "\(rule.value) is in force with the tag '\(tag)' instead of '\(rule.tag)'\(said)"
        }
    }
}

/// A rule that X refuses.
public struct RefusedRule: Sendable, Hashable, CustomStringConvertible {
    /// The rule's text.
    public let value: String
    /// What X says about it.
    public let problem: Problem

    /// Makes a refused rule.
    public init(value: String, problem: Problem) {
        self.value = value
        self.problem = problem
    }

    /// The rule and what X says.
    public var description: String { "\(value): \(problem)" }
}
