internal import Numbers

/// How many posts, or how much money, may be spent: `$50/month`, `2000/day`, `500`, `none`.
public struct Budget: Sendable, Hashable, CustomStringConvertible {
    /// What a budget is for.
    public enum Period: String, Sendable, Hashable {
        /// Each day, UTC.
        case day
        /// Each month, UTC.
        case month
        /// Each run of the command.
        case run
    }

    /// What is limited.
    public enum Amount: Sendable, Hashable {
        /// A number of posts.
        case posts(Int)
        /// Money, in millionths of a dollar.
        case microdollars(Int)
        /// Nothing is limited, said aloud.
        case unlimited
    }

    /// How much.
    public let amount: Amount
    /// For how long.
    public let period: Period

    /// No limit.
    public static let none = Budget(amount: .unlimited, period: .run)

    /// Makes a budget from its parts.
    public init(amount: Amount, period: Period) {
        self.amount = amount
        self.period = period
    }

    /// Reads what an operator wrote: an amount, `$` before it for money, `/day` or `/month` behind it; or `none`.
    ///
    /// Commas and underscores between digits are allowed. Without a period the budget is for this run.
    ///
    /// - Parameter text: such as `$50/month`.
    /// - Throws: `.invalidBudget` with examples.
    public init(parsing text: String) throws(XAPIError) {
        if text == "none" {
            self = .none
            return
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let period: Period? =
            switch parts.count {
            case 1: .run
            case 2: Period(rawValue: parts[1].lowercased())
            default: nil
            }
        guard let period, let amount = Self.amount(parts[0]) else {
            throw XAPIError(
                code: .invalidBudget,
                message:
                    "--budget \(text.prefix(40)) is no budget; write $50/month, 2000/day, 500 (posts, this run), or none"
            )
        }
        self.init(amount: amount, period: period)
    }

    /// How many posts it buys in each period, or nil where nothing is limited.
    public func posts(at price: PostPrice) -> Int? {
        switch amount {
        case .posts(let count): count
        case .microdollars(let money): money / price.microdollars
        case .unlimited: nil
        }
    }

    /// The budget as it is written.
    public var description: String {
        let tail = period == .run ? "" : "/\(period.rawValue)"
        return switch amount {
        case .posts(let count): "\(count)\(tail)"
        case .microdollars(let money): "\(PostPrice.dollars(money))\(tail)"
        case .unlimited: "none"
        }
    }

    /// What it can buy, in a sentence.
    public func explanation(at price: PostPrice) -> String {
        guard let posts = posts(at: price) else {
            return "budget none: every post that X delivers is recorded, and billed at \(price)"
        }
        let span = period == .run ? "in this run" : "a \(period.rawValue)"
        let (cost, overflow) = posts.multipliedReportingOverflow(by: price.microdollars)
        let money = overflow ? "" : ", \(PostPrice.dollars(cost)) at \(price)"
        return "budget \(self): \(posts) post\(posts == 1 ? "" : "s") \(span)\(money)"
    }

    private static func amount(_ text: Substring) -> Amount? {
        let isMoney = text.hasPrefix("$")
        let digits = (isMoney ? text.dropFirst() : text).filter { $0 != "," && $0 != "_" }
        guard let first = digits.utf8.first, (48...57).contains(first) else { return nil }
        if isMoney { return microdollars(digits).map(Amount.microdollars) }
        return Int(digits).map(Amount.posts)
    }

    /// Reads `12`, `12.5` or `0.005` exactly, up to six digits behind the point.
    static func microdollars(_ text: String) -> Int? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? parts[1] : ""
        guard (1...2).contains(parts.count), fraction.utf8.count <= 6, parts.count == 1 || !fraction.isEmpty,
            (String(parts[0]) + fraction).utf8.allSatisfy({ (48...57).contains($0) }), let whole = Int(parts[0]),
            whole <= 1_000_000_000
        else { return nil }
        let padded = fraction + String(repeating: "0", count: 6 - fraction.utf8.count)
        return whole * 1_000_000 + (Int(padded) ?? 0)
    }
}

/// What X bills for one post, in millionths of a dollar.
public struct PostPrice: Sendable, Hashable, CustomStringConvertible {
    /// Millionths of a dollar, at least 1.
    public let microdollars: Int

    /// The published price of pay-per-use: $0.005.
    public static let published = PostPrice(microdollars: 5_000)

    private init(microdollars: Int) {
        self.microdollars = microdollars
    }

    /// Reads a price in dollars: `0.005` or `$0.005`.
    ///
    /// - Throws: `.invalidBudget` where it is no number above zero with at most six digits behind the point.
    public init(parsing text: String) throws(XAPIError) {
        guard let value = Budget.microdollars(text.hasPrefix("$") ? String(text.dropFirst()) : text), value > 0 else {
            throw XAPIError(
                code: .invalidBudget,
                message: "a price of \(text.prefix(40)) is none; write dollars a post, such as 0.005"
            )
        }
        microdollars = value
    }

    /// Such as `$0.005 a post`.
    public var description: String { "\(Self.dollars(microdollars)) a post" }

    /// What so many posts cost, as people write it; no more than about nine trillion dollars.
    public func cost(of posts: Int) -> String { Self.dollars(posts.saturatingMultiply(by: microdollars)) }

    /// Money as people write it: two digits behind the point, more only where needed.
    static func dollars(_ microdollars: Int) -> String {
        let fraction = String(String(microdollars % 1_000_000 + 1_000_000).dropFirst())
        var digits = fraction
        while digits.utf8.count > 2, digits.hasSuffix("0") { digits.removeLast() }
        let isWhole = digits == "00"
        return "$\(microdollars / 1_000_000)\(isWhole ? "" : "." + digits)"
    }
}
