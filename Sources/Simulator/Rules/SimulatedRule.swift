/// A rule as X keeps it.
public struct SimulatedRule: Equatable, Sendable {
    /// The number X gave it, decimal; empty until it is in force.
    public var id: String
    /// What a post must look like.
    public let value: String
    /// The label that comes with every post the rule matched.
    public let tag: String?

    /// Makes a rule that is not in force yet.
    public init(_ value: String, tag: String?) {
        id = ""
        self.value = value
        self.tag = tag
    }

    /// Cats and dogs, with images and with videos: the four rules the simulator has in force unless told otherwise.
    ///
    /// The generator draws them in the proportions 59, 23, 14 and 4 in a hundred.
    public static let catsAndDogs = [
        SimulatedRule("(#cat OR #kitty OR #cats OR #kitten) has:images", tag: "cats with images"),
        SimulatedRule("(#dog OR #doggo OR #doggy OR #puppy) has:images", tag: "dogs with images"),
        SimulatedRule("(#cat OR #kitty OR #cats OR #kitten) has:videos", tag: "cats with videos"),
        SimulatedRule("(#dog OR #doggo OR #doggy OR #puppy) has:videos", tag: "dogs with videos"),
    ]

    /// How often the generator draws a post for this rule, against the other rules' weights.
    var weight: Int {
        switch Self.catsAndDogs.firstIndex(where: { $0.value == value }) {
        case 0: 59
        case 1: 23
        case 2: 14
        case 3: 4
        default: 25
        }
    }
}

/// The rules in force at a moment, read and ready to match.
final class RuleSet: Sendable {
    struct Entry: Sendable {
        let rule: SimulatedRule
        let expression: RuleExpression
    }

    let entries: [Entry]
    let totalWeight: Int
    let needsWords: Bool

    init(_ entries: [Entry]) {
        self.entries = entries
        totalWeight = entries.reduce(0) { $0 + $1.rule.weight }
        needsWords = entries.contains { $0.expression.needsWords }
    }

    /// The entry at a place on the scale of weights, `0..<totalWeight`.
    func index(atWeight place: Int) -> Int {
        var left = place
        for (index, entry) in entries.enumerated() {
            left -= entry.rule.weight
            if left < 0 { return index }
        }
        return entries.count - 1
    }
}
