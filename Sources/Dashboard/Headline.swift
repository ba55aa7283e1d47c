/// Who is winning, in a sentence.
enum Headline {
    /// The sentence and its figures.
    ///
    /// - Parameters:
    ///   - sides: each side's name and its posts of today.
    ///   - today: all posts of today, those of no side included; shares are of these.
    ///   - total: all posts ever.
    static func make(
        sides: [(name: String, count: Int)],
        today: Int,
        total: Int
    ) -> (headline: String, detail: String, leader: String?) {
        guard total > 0 else { return ("No posts yet", "Waiting for the first one.", nil) }
        guard today > 0 else {
            return ("No posts yet today", "\(grouped(total)) on the days before.", nil)
        }
        let other = today - sides.reduce(0) { $0 + $1.count }
        var parts = sides.map { "\(capital($0.name)) \(grouped($0.count))" }
        if other > 0 { parts.append("neither \(grouped(other))") }
        let detail =
            "\(parts.joined(separator: " · ")) · \(grouped(today)) \(today == 1 ? "post" : "posts") today (UTC)"
        let ranked = sides.sorted { $0.count > $1.count }
        guard let first = ranked.first, first.count > 0 else {
            return ("Neither \(sides.map(\.name).joined(separator: " nor ")) today", detail, nil)
        }
        let second = ranked.dropFirst().first
        guard first.count != second?.count else {
            let level = sides.filter { $0.count == first.count }.map(\.name)
            let share = percent(first.count, of: today, apartFrom: nil)
            let names = capital(level.joined(separator: " and "))
            return ("\(names) are level: \(share) of today's posts each", detail, nil)
        }
        let share = percent(first.count, of: today, apartFrom: second?.count)
        return ("\(capital(first.name)) lead: \(share) of today's posts", detail, first.name)
    }

    /// A share in whole percent; with decimals where whole ones would hide a lead, or say 0 % or 100 % of what is not.
    static func percent(_ count: Int, of total: Int, apartFrom other: Int?) -> String {
        var scale = 1
        while scale <= 100 {
            let value = rounded(count, total, scale)
            let isHonest = (value != 100 * scale || count == total) && (value != 0 || count == 0)
            if isHonest, other.map({ rounded($0, total, scale) != value }) ?? true { return text(value, scale) }
            scale *= 10
        }
        return text(rounded(count, total, 10), 10)
    }

    /// The count with a comma between thousands: `12,345`.
    static func grouped(_ number: Int) -> String {
        let digits = Array(String(number.magnitude))
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    // MARK: - Internal

    private static func rounded(_ count: Int, _ total: Int, _ scale: Int) -> Int {
        Int((Double(count) / Double(total) * 100 * Double(scale)).rounded())
    }

    private static func text(_ value: Int, _ scale: Int) -> String {
        guard scale > 1 else { return "\(value) %" }
        let fraction = String(value % scale + scale).dropFirst()
        return "\(value / scale).\(fraction) %"
    }

    private static func capital(_ name: String) -> String {
        name.prefix(1).uppercased() + name.dropFirst()
    }
}
