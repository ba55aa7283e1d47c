/// Reads the language of filtered-stream rules: a space means and, binds before `OR`, `-` negates, parentheses group.
struct RuleParser {
    /// What X would say is wrong with a rule, each with its place.
    struct Failure: Error {
        let detail: String
    }

    private static let operators: Set<String> = [
        "from", "to", "url", "url_title", "url_description", "url_contains", "retweets_of", "retweets_of_user",
        "retweets_of_tweet_id", "in_reply_to_tweet_id", "quotes_of_tweet_id", "conversation_id", "context", "entity",
        "bio", "bio_name", "bio_location", "place", "place_country", "point_radius", "bounding_box", "is", "has",
        "lang", "followers_count", "tweets_count", "following_count", "listed_count", "sample", "source", "list",
        "embedding", "paid_partnership",
    ]
    private static let byteLimit = 1_024

    private let text: [Character]
    private var index = 0

    /// Reads a rule.
    static func parse(_ value: String) throws(Failure) -> RuleExpression {
        guard value.count <= byteLimit else {
            throw Failure(detail: "rule is \(value.count) characters long, which exceeds the limit of \(byteLimit)")
        }
        var parser = RuleParser(text: Array(value))
        let expression = try parser.alternatives()
        guard parser.index == parser.text.count else { throw parser.failure("no viable alternative at ')'") }
        guard expression.standsAlone else {
            throw Failure(
                detail: "Rules must contain at least one positive, standalone operator in every alternative; "
                    + "has:, is:, lang:, sample: and negations need another operator beside them"
            )
        }
        return expression
    }

    private init(text: [Character]) {
        self.text = text
    }

    private func failure(_ what: String) -> Failure {
        Failure(detail: "\(what) (at position \(index + 1))")
    }

    private mutating func skipSpaces() {
        while index < text.count, text[index].isWhitespace { index += 1 }
    }

    private mutating func alternatives() throws(Failure) -> RuleExpression {
        var parts = [try conjunction()]
        while takeWord("OR") { parts.append(try conjunction()) }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func conjunction() throws(Failure) -> RuleExpression {
        var parts: [RuleExpression] = []
        skipSpaces()
        while index < text.count, text[index] != ")", !isAtWord("OR") {
            parts.append(try clause())
            skipSpaces()
        }
        guard !parts.isEmpty else { throw failure("a clause is missing") }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func clause() throws(Failure) -> RuleExpression {
        if text[index] == "-" {
            index += 1
            guard index < text.count, text[index] != "(" else { throw failure("a group cannot be negated") }
            let inner = try clause()
            if case .term(let term) = inner, term.hasPrefix("sample:") || term.hasPrefix("embedding:") {
                throw failure("this operator cannot be negated")
            }
            return .not(inner)
        }
        if text[index] == "(" {
            index += 1
            let inner = try alternatives()
            guard index < text.count, text[index] == ")" else { throw failure("missing ')'") }
            index += 1
            return inner
        }
        if text[index] == "\"" { return .term(try quoted().lowercased()) }
        return .term(try operatorOrWord().lowercased())
    }

    private mutating func operatorOrWord() throws(Failure) -> String {
        var word = ""
        while index < text.count, !text[index].isWhitespace, !"()\"".contains(text[index]) {
            word.append(text[index])
            index += 1
            guard word.last == ":" else { continue }
            let name = String(word.dropLast()).lowercased()
            guard Self.operators.contains(name) else { throw failure("Reference to invalid operator '\(name)'") }
            if index < text.count, text[index] == "\"" { return word + (try quoted()) }
            if index < text.count, text[index] == "[" { return word + (try bracketed()) }
            guard index < text.count, !text[index].isWhitespace else { throw failure("'\(name)' needs a value") }
        }
        guard !["and", "or"].contains(word.lowercased()) else {
            throw failure(
                "Ambiguous use of \(word) as a keyword: a space joins two clauses, OR separates alternatives, "
                    + "\"\(word.lowercased())\" finds the word itself"
            )
        }
        guard word.contains(where: { $0.isLetter || $0.isNumber || $0.unicodeScalars.contains { $0.value > 0x2000 } })
        else { throw failure("no viable alternative at '\(word)'") }
        return word
    }

    private mutating func quoted() throws(Failure) -> String {
        try run(upTo: "\"")
    }

    private mutating func bracketed() throws(Failure) -> String {
        try run(upTo: "]")
    }

    private mutating func run(upTo end: Character) throws(Failure) -> String {
        var taken = String(text[index])
        index += 1
        while index < text.count {
            taken.append(text[index])
            index += 1
            if taken.last == end { return taken }
        }
        throw failure("missing '\(end)'")
    }

    private func isAtWord(_ word: String) -> Bool {
        let end = index + word.count
        guard end <= text.count, text[index..<end].elementsEqual(word) else { return false }
        return end == text.count || text[end].isWhitespace || text[end] == "("
    }

    private mutating func takeWord(_ word: String) -> Bool {
        skipSpaces()
        guard index < text.count, isAtWord(word) else { return false }
        index += word.count
        return true
    }
}
