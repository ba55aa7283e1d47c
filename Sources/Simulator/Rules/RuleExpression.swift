/// A rule's expression as a tree.
indirect enum RuleExpression: Equatable, Sendable {
    /// A word, `#tag`, `"phrase"` or `name:value`, lower case.
    case term(String)
    case not(RuleExpression)
    case all([RuleExpression])
    case any([RuleExpression])

    /// Whether a post with these features, lower case, matches.
    func matches(_ features: [String]) -> Bool {
        switch self {
        case .term(let term): features.contains(term)
        case .not(let inner): !inner.matches(features)
        case .all(let parts): parts.allSatisfy { $0.matches(features) }
        case .any(let parts): parts.contains { $0.matches(features) }
        }
    }

    /// Whether every way to satisfy it holds an operator that may stand alone, as X demands.
    var standsAlone: Bool {
        switch self {
        case .term(let term): !["has:", "is:", "lang:", "sample:"].contains { term.hasPrefix($0) }
        case .not: false
        case .all(let parts): parts.contains(where: \.standsAlone)
        case .any(let parts): parts.allSatisfy(\.standsAlone)
        }
    }

    /// The terms of one way to satisfy it, chosen at random; what must not be there is left out.
    func draw(with random: inout SeededGenerator, into terms: inout [String]) {
        switch self {
        case .term(let term): terms.append(term)
        case .not: break
        case .all(let parts):
            for part in parts { part.draw(with: &random, into: &terms) }
        case .any(let parts): parts[random.index(below: parts.count)].draw(with: &random, into: &terms)
        }
    }

    /// Whether any of its terms is a plain word or phrase, so that the words of a text matter.
    var needsWords: Bool {
        switch self {
        case .term(let term): term.first.map { $0 == "\"" || ($0.isLetter && !term.contains(":")) } ?? false
        case .not(let inner): inner.needsWords
        case .all(let parts), .any(let parts): parts.contains(where: \.needsWords)
        }
    }
}
