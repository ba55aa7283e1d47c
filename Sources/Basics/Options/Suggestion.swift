/// The nearest name to a misspelled one.
enum Suggestion {
    /// `; did you mean '…'?`, or nothing where no name is near.
    ///
    /// Near is a name of which a third of the letters are wrong at most, or the only name that begins so.
    static func text(for word: String, among names: [String], _ spell: (String) -> String) -> String {
        nearest(word, among: names).map { "; did you mean '\(spell($0))'?" } ?? ""
    }

    private static func nearest(_ word: String, among names: [String]) -> String? {
        // Longer words than any name have no near one, and the effort is the product of the lengths.
        guard (1...64).contains(word.utf8.count) else { return nil }
        let ranked = names.map { ($0, distance(Array(word.utf8), Array($0.utf8))) }.min { $0.1 < $1.1 }
        if let (name, distance) = ranked, distance <= max(1, word.utf8.count / 3) { return name }
        let begun = Set(names.filter { $0.hasPrefix(word) })
        return begun.count == 1 ? begun.first : nil
    }

    /// How many letters are put in, taken out, changed or swapped with the next (optimal string alignment).
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var rows = [Array(0...b.count)]
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
