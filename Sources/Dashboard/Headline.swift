internal import Numbers

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
        let detail = parts(sides, of: today, "\(today == 1 ? "post" : "posts") today (UTC)")
        switch rank(sides, of: today) {
        case .none: return ("Neither \(sides.map(\.name).joined(separator: " nor ")) today", detail, nil)
        case .level(let names, let share):
            return ("\(capital(names)) are level: \(share) of today's posts each", detail, nil)
        case .lead(let name, let share): return ("\(capital(name)) lead: \(share) of today's posts", detail, name)
        }
    }

    /// The same by likes, of all posts and as they were last read.
    ///
    /// - Parameters:
    ///   - sides: each side's name and its likes.
    ///   - likes: all likes, those of no side included; shares are of these.
    static func byLikes(
        sides: [(name: String, count: Int)],
        likes: Int
    ) -> (headline: String, detail: String, leader: String?) {
        guard likes > 0 else { return ("No likes yet", "No post had any when it was last read.", nil) }
        let detail = parts(sides, of: likes, "\(likes == 1 ? "like" : "likes") of all posts, as last read")
        switch rank(sides, of: likes) {
        case .none: return ("Neither \(sides.map(\.name).joined(separator: " nor ")) have likes yet", detail, nil)
        case .level(let names, let share): return ("By likes, \(names) are level: \(share) each", detail, nil)
        case .lead(let name, let share): return ("By likes, \(name) lead: \(share)", detail, name)
        }
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

    private enum Rank {
        case none
        case level(names: String, share: String)
        case lead(name: String, share: String)
    }

    private static func rank(_ sides: [(name: String, count: Int)], of total: Int) -> Rank {
        let ranked = sides.sorted { $0.count > $1.count }
        guard let first = ranked.first, first.count > 0 else { return .none }
        let second = ranked.dropFirst().first
        guard first.count != second?.count else {
            let level = sides.filter { $0.count == first.count }.map(\.name)
            let share = percent(first.count, of: total, apartFrom: nil)
            return .level(names: level.joined(separator: " and "), share: share)
        }
        return .lead(name: first.name, share: percent(first.count, of: total, apartFrom: second?.count))
    }

    /// What each side has, what neither has, and all together.
    private static func parts(_ sides: [(name: String, count: Int)], of total: Int, _ unit: String) -> String {
        let other = total.saturatingSubtract(sides.map(\.count).saturatingSum())
        var parts = sides.map { "\(capital($0.name)) \(grouped($0.count))" }
        if other > 0 { parts.append("neither \(grouped(other))") }
        return (parts + ["\(grouped(total)) \(unit)"]).joined(separator: " · ")
    }

    private static func rounded(_ count: Int, _ total: Int, _ scale: Int) -> Int {
        Int(saturating: (Double(count) / Double(total) * 100 * Double(scale)).rounded())
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
