/// A rule as its owner writes it.
public struct StreamRule: Sendable, Hashable {
    /// The rule's text, which is its identity: `(#cat OR #kitty) has:images`.
    public let value: String
    /// What matching posts are called; empty for nothing.
    public let tag: String

    /// Makes a rule.
    public init(value: String, tag: String = "") {
        self.value = value
        self.tag = tag
    }
}

/// A rule in force at X.
public struct ActiveRule: Sendable, Hashable {
    /// X's number for it, decimal.
    public let id: String
    /// Text and tag.
    public let rule: StreamRule

    /// Makes a rule in force.
    public init(id: String, rule: StreamRule) {
        self.id = id
        self.rule = rule
    }
}

/// What turns the rules in force into the wanted ones.
public struct RuleSetDiff: Sendable, Hashable {
    /// Wanted and not in force; where only the tag differs, too, because tags cannot be edited.
    public var added: [StreamRule] = []
    /// In force and to be deleted: unwanted (when pruning), or with another tag.
    public var deleted: [ActiveRule] = []
    /// In force as wanted.
    public var kept: [ActiveRule] = []
    /// In force, not wanted, and left alone because nobody asked to prune.
    public var unlisted: [ActiveRule] = []

    /// Whether nothing is to be done.
    public var isEmpty: Bool { added.isEmpty && deleted.isEmpty }

    /// Compares; pure.
    ///
    /// - Parameters:
    ///   - wanted: the rules of a file, each value once.
    ///   - active: the rules in force.
    ///   - prune: whether rules that are not wanted go.
    public init(wanted: [StreamRule], active: [ActiveRule], prune: Bool) {
        let tags = Dictionary(wanted.map { ($0.value, $0.tag) }, uniquingKeysWith: { first, _ in first })
        var present: Set<String> = []
        for rule in active {
            guard let tag = tags[rule.rule.value] else {
                if prune { deleted.append(rule) } else { unlisted.append(rule) }
                continue
            }
            if tag != rule.rule.tag {
                deleted.append(rule)
            } else if present.insert(rule.rule.value).inserted {
                kept.append(rule)
            } else {
                deleted.append(rule)
            }
        }
        var seen = present
        added = wanted.filter { seen.insert($0.value).inserted }
    }
}
