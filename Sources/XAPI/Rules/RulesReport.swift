/// What became of a change of rules.
public struct RulesReport: Sendable, Hashable {
    /// Rules that X has deleted.
    public var deletedCount = 0
    /// Rules that X has added, with their numbers.
    public var added: [ActiveRule] = []
    /// Rules that were in force already; that is success.
    public var duplicates: [StreamRule] = []
    /// Rules that X refuses, with what it says.
    public var refused: [RefusedRule] = []

    /// Makes an empty report.
    public init() {}

    /// Whether all of it is done.
    public var isComplete: Bool { refused.isEmpty }
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
