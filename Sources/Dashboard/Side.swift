/// One of the sides that the page compares, and the words that a category must hold to count for it.
///
/// The rule is data: a category counts for a side if one of its words, upper and lower case alike, is among the side's
/// words. A category with words of several sides, or of none, counts for neither; it still counts in the total.
public struct Side: Hashable, Sendable {
    /// The name as it stands inside a sentence: `cats`.
    public let name: String
    /// The words that a category is searched for, lower case.
    public let words: Set<String>

    /// Makes a side.
    public init(name: String, words: Set<String>) {
        self.name = name
        self.words = Set(words.map { $0.lowercased() })
    }

    /// Cats against dogs.
    public static let catsAndDogs = [
        Side(name: "cats", words: ["cat", "cats"]), Side(name: "dogs", words: ["dog", "dogs"]),
    ]

    /// The name at the start of a sentence: `Cats`.
    var label: String { name.prefix(1).uppercased() + name.dropFirst() }

    /// The side that a category counts for; nil for neither.
    static func of(_ category: String, among sides: [Side]) -> Side? {
        let words = Set(category.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init))
        let found = sides.filter { !$0.words.isDisjoint(with: words) }
        return found.count == 1 ? found[0] : nil
    }
}
