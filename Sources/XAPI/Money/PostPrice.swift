internal import Numbers

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
    /// - Throws: `.invalidBudget` where it is no number above zero with one reading and at most six decimals.
    public init(parsing text: String) throws(XAPIError) {
        var reason = "it is not above zero"
        do throws(AmountText.Refusal) {
            let number = try AmountText(text.hasPrefix("$") ? text.dropFirst() : text[...])
            if let value = number.millionths, value > 0 {
                microdollars = value
                return
            }
            if number.millionths == nil { reason = "the number is too large" }
        } catch {
            reason = error.reason
        }
        throw XAPIError(
            code: .invalidBudget,
            message: "invalid price '\(text.prefix(40))': \(reason); write dollars per post, such as 0.005"
        )
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
