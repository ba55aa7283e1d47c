internal import Options
internal import Refresher
internal import XAPI

/// The settings of a refresher.
enum RefreshSettings {
    /// A question that has left is paid for, so after a stop its answer is waited for a little; services have five seconds.
    static let answerGrace = Duration.seconds(3)

    /// For a pass by itself.
    static let options =
        [
            BudgetSettings.lookupsAloneOption, BudgetSettings.priceOption,
            Option(long: "max-reads", value: "N", help: "Posts to read in one pass, those that cost nothing too."),
            Option(
                long: "fields",
                value: "LIST",
                help:
                    "Fields of a post to request, in X's old or new names. With post.fields the author and references, which never "
                    + "change, are left out.",
                // Another option says whether it is asked what is withheld.
                default: StreamRequest.defaultFields.filter { $0 != "withheld" }.joined(separator: ",")
            ),
            ServerSettings.accept,
            Option(
                long: "accept-deletions",
                help:
                    "Believe in this pass whatever X says is gone, however much it is; --deletion-limit does not hold then."
            ),
        ] + reading

    /// What is read when.
    static let reading = [
        Option(
            long: "schedule",
            value: "LIST",
            help:
                "The ages at which posts are read again, with commas between: \(standardSchedule) unless given; made-up ones "
                + "sooner."
        ),
        Option(long: "reposts", help: "Read reposts too, although they have no likes of their own."),
        Option(
            long: "withheld",
            value: "RULE",
            help:
                "hide: X is asked whether posts are withheld in some country, and such posts disappear like deleted ones; show: it "
                + "is not asked, by `run` for the stream neither.",
            default: "hide"
        ),
        Option(
            long: "billing",
            value: "RULE",
            help: "utc-day: X bills a post once a UTC day, however often it is read; none: each time.",
            default: "utc-day"
        ),
        Option(
            long: "deletion-limit",
            value: "SHARE",
            help:
                "Where X does not find more than that share of the posts asked for, nothing is deleted: 50%/50 is more "
                + "than half of at least 50; it is believed when X stays with it. 100% believes everything.",
            default: "50%/50"
        ),
        Option(
            long: "fields-parameter",
            value: "NAME",
            help:
                "The parameter that lists the fields in a lookup: post.fields, as X describes it now, or tweet.fields. Where X "
                + "refuses the one, the other is used.",
            default: FieldsParameter.post.rawValue
        ),
        Option(
            long: "lookup-expansions",
            value: "LIST",
            help:
                "Objects to be sent along with a lookup. X may bill them, and no budget counts them, so none by default.",
            allowsEmpty: true
        ),
    ]

    /// Fields for the stream of a command that refreshes too: where withheld posts are to be shown, it is not asked about them either.
    static func streamFields(_ fields: [String], _ invocation: Invocation) -> [String] {
        invocation.string("withheld") == "show" ? fields.filter { $0 != "withheld" } : fields
    }

    /// - Parameter spends: against X itself a budget has to be given.
    static func configuration(
        _ invocation: Invocation,
        for endpoint: XEndpoint,
        spends: Bool
    ) throws -> RefresherConfiguration {
        var configuration = try reading(invocation)
        let isNeeded = spends && !endpoint.isLoopback
        configuration.budgets = try BudgetSettings.lookupsAlone(invocation, isNeeded: isNeeded)
            .filter { $0.amount != .unlimited }
        configuration.readLimit = try invocation.int("max-reads")
        configuration.acceptsDeletions = invocation.flag("accept-deletions")
        return configuration
    }

    /// A refresher beside a recorder; nil where nobody said what it may cost.
    static func besideRecorder(
        _ invocation: Invocation,
        for endpoint: XEndpoint
    ) throws -> RefresherConfiguration? {
        let budgets = try BudgetSettings.lookups(invocation)
        guard !budgets.isEmpty || endpoint.isLoopback else { return nil }
        var configuration = try reading(
            invocation,
            schedule: invocation.flag("simulate") ? simulatedSchedule : standardSchedule
        )
        configuration.budgets = budgets.filter { $0.amount != .unlimited }
        return configuration
    }

    private static func reading(
        _ invocation: Invocation,
        schedule: String = standardSchedule
    ) throws -> RefresherConfiguration {
        var configuration = RefresherConfiguration()
        configuration.schedule = RefreshSchedule(steps: try steps(invocation, or: schedule))
        configuration.schedule.includesReposts = invocation.flag("reposts")
        configuration.price = try BudgetSettings.price(invocation)
        let parameter = invocation.string("fields-parameter") ?? ""
        guard let fieldsParameter = FieldsParameter(rawValue: parameter) else {
            throw invocation.wrong("fields-parameter", parameter, "tweet.fields or post.fields")
        }
        configuration.fieldsParameter = fieldsParameter
        configuration.fields = fieldsParameter.lookupFields(list(invocation.string("fields") ?? "")).filter {
            $0 != "withheld"
        }
        configuration.expansions = list(invocation.string("lookup-expansions") ?? "")
        let withheld = invocation.string("withheld") ?? ""
        guard ["hide", "show"].contains(withheld) else { throw invocation.wrong("withheld", withheld, "hide or show") }
        // What X does not say of a post cannot hide it.
        if withheld == "hide" { configuration.fields.append("withheld") }
        let rule = invocation.string("billing") ?? ""
        guard let billing = BillingDay.Rule(rawValue: rule) else {
            throw invocation.wrong("billing", rule, "utc-day or none")
        }
        configuration.billing = billing
        configuration.deletionLimit = try deletionLimit(invocation)
        configuration.acceptsServer = invocation.flag("accept-server")
        return configuration
    }

    private static func deletionLimit(_ invocation: Invocation) throws -> DeletionLimit {
        let text = invocation.string("deletion-limit") ?? "50%/50"
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let posts = parts.count == 2 ? Int(parts[1]) : DeletionLimit().least
        guard parts.count <= 2, parts[0].last == "%", let percent = Double(parts[0].dropLast()),
            (0...100).contains(percent), let posts, (1...1_000_000).contains(posts)
        else {
            throw invocation.wrong(
                "deletion-limit",
                text,
                "a share and perhaps a number of posts, 50% or 50%/200 for example"
            )
        }
        return DeletionLimit(share: percent / 100, least: posts)
    }

    private static let standardSchedule = "15m,1h,4h,1d,3d,7d"
    /// Somebody watches those.
    private static let simulatedSchedule = "1m,2m,5m,15m,1h,4h,1d"

    private static func steps(_ invocation: Invocation, or standard: String) throws -> [Duration] {
        let text = invocation.string("schedule") ?? standard
        let steps = list(text).map { part -> Duration? in
            guard let unit = part.last, let number = Int64(part.dropLast()), number > 0, number < 100_000 else {
                return nil
            }
            switch unit {
            case "m": return .seconds(number * 60)
            case "h": return .seconds(number * 3_600)
            case "d": return .seconds(number * 86_400)
            default: return nil
            }
        }
        guard !steps.isEmpty, !steps.contains(nil) else {
            throw invocation.wrong(
                "schedule",
                text,
                "ages in minutes, hours or days with commas between, 15m,1h,4h,1d for example"
            )
        }
        return steps.compactMap { $0 }
    }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
    }
}
