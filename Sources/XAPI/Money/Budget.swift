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
    /// Thousands may be separated, in groups of three: `$1,500/month`. A spelling with two readings, such as `$1.000` or `$0,50`,
    /// is refused. Without a period the budget is for this run.
    ///
    /// - Parameter text: such as `$50/month`.
    /// - Throws: `.invalidBudget` with the reason and examples.
    public init(parsing text: String) throws(XAPIError) {
        if text == "none" {
            self = .none
            return
        }
        do throws(AmountText.Refusal) {
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            let period = parts.count == 1 ? .run : Period(rawValue: parts[1].lowercased())
            guard let period else {
                throw AmountText.Refusal(reason: "the period is day or month")
            }
            self.init(amount: try Self.amount(parts.first ?? ""), period: period)
        } catch {
            throw XAPIError(
                code: .invalidBudget,
                message: "invalid budget '\(text.prefix(40))': \(error.reason); \(Self.examples)"
            )
        }
    }

    private static let examples =
        "examples: $5/day, $0.50/day, $50/month, 2,000/day, 500 (posts, this run), none"

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

    private static func amount(_ text: Substring) throws(AmountText.Refusal) -> Amount {
        guard text.hasPrefix("$") else {
            let number = try AmountText(text)
            guard number.decimals.isEmpty else {
                throw AmountText.Refusal(reason: "posts are whole numbers, and money begins with $")
            }
            return .posts(number.whole)
        }
        guard let money = try AmountText(text.dropFirst()).millionths else {
            throw AmountText.Refusal(reason: "the number is too large")
        }
        return .microdollars(money)
    }
}
