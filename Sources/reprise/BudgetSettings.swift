internal import Options
internal import XAPI

/// What may be spent, and what a post costs.
///
/// One key has one meaning, in every command, the environment and the settings file: `budget` is for the stream,
/// `refresh-budget` for lookups.
enum BudgetSettings {
    static let streamOption = Option(
        long: "budget",
        value: "BUDGET",
        help:
            "What the stream may cost: $50/month, 2000/day, 500 (posts, this run), or none. Needed against X itself.",
        environment: "REPRISE_BUDGET"
    )

    /// For commands that have a stream's budget too.
    static let lookupsOption = Option(
        long: "refresh-budget",
        value: "BUDGET",
        help:
            "What lookups may cost, written as --budget; several hold together. Against X itself likes are refreshed only with it.",
        environment: "REPRISE_REFRESH_BUDGET",
        repeats: true
    )

    /// For a command that spends on lookups alone, so that its `--budget` can mean nothing else.
    static let lookupsAloneOption = Option(
        long: "refresh-budget",
        aliases: ["budget"],
        value: "BUDGET",
        help:
            "What lookups may cost: $50/month, 2000/day, 500 (posts, this pass), or none; several hold together. Needed "
            + "against X itself.",
        environment: "REPRISE_REFRESH_BUDGET",
        repeats: true
    )

    static let priceOption = Option(
        long: "post-price",
        value: "DOLLARS",
        help: "What X bills for a post.",
        default: "0.005"
    )

    /// The stream's budget; nil where none is given and none is needed.
    ///
    /// Against X itself one is needed, because a stream costs money as long as it runs.
    static func stream(_ invocation: Invocation, for endpoint: XEndpoint) throws -> Budget? {
        if let budget = try budgets(invocation, streamOption.long).last { return budget }
        guard !endpoint.isLoopback else { return nil }
        throw UsageError(
            "X bills \(PostPrice.published) that it delivers, thousands of dollars an hour if nobody looks; say what may be "
                + "spent: --budget '$50/month' (buys 10000 posts a month), --budget 2000/day, --budget 500 (this run), or "
                + "--budget none",
            command: invocation.path
        )
    }

    /// What lookups may cost; empty where nothing is said.
    static func lookups(_ invocation: Invocation) throws -> [Budget] { try budgets(invocation, lookupsOption.long) }

    /// What lookups may cost, where a command does nothing else.
    ///
    /// - Parameter isNeeded: whether one has to be given.
    static func lookupsAlone(_ invocation: Invocation, isNeeded: Bool) throws -> [Budget] {
        let budgets = try lookups(invocation)
        guard budgets.isEmpty, isNeeded else { return budgets }
        if let place = invocation.placeInFile(of: streamOption.long) {
            throw ConfigurationError(
                "\(place): 'budget' is what the stream may cost; say what lookups may cost: 'refresh-budget: $20/month' in "
                    + "the same file, REPRISE_REFRESH_BUDGET, or --refresh-budget"
            )
        }
        throw UsageError(
            "X bills \(PostPrice.published) that a lookup returns; say what may be spent: --refresh-budget '$50/month', "
                + "--refresh-budget 2000/day, --refresh-budget 500 (this pass), or --refresh-budget none",
            command: invocation.path
        )
    }

    /// What a post costs.
    static func price(_ invocation: Invocation) throws -> PostPrice {
        guard let text = invocation.string(priceOption.long) else { return .published }
        do throws(XAPIError) { return try PostPrice(parsing: text) } catch {
            throw invocation.wrong(priceOption.long, because: "has an \(error.message)")
        }
    }

    private static func budgets(_ invocation: Invocation, _ long: String) throws -> [Budget] {
        var budgets: [Budget] = []
        for text in invocation.strings(long) {
            do throws(XAPIError) { budgets.append(try Budget(parsing: text)) } catch {
                throw invocation.wrong(long, because: "has an \(error.message)")
            }
        }
        return budgets
    }
}
