internal import HTTPClient
internal import Logging
internal import XAPI

extension RecorderRun {
    /// Puts the wanted rules in force, once, and asks which are.
    mutating func prepareRules() throws(XAPIError) {
        if !rulesAreApplied, let wanted = configuration.rules {
            let diff = RuleSetDiff(wanted: wanted, active: try api.rules(), prune: configuration.prunesRules)
            let report = try api.apply(diff)
            guard report.isComplete else {
                let list = report.refused.map(\.description).joined(separator: "; ")
                throw XAPIError(
                    code: .invalidRules,
                    message: "X refuses rules of the file: \(list); correct them, then start again"
                )
            }
            rulesAreApplied = true
            logger.notice(
                "the rules are in force",
                [
                    ("added", "\(report.added.count)"), ("deleted", "\(report.deletedCount)"),
                    ("kept", "\(diff.kept.count)"),
                ]
            )
        }
        do {
            rulesInForce = try api.rules()
        } catch {
            let client = error.cause as? HTTPClientError
            if [.cancelled, .foreignAnswer].contains(error.code) || client?.code == .notConnected
                || client?.code == .notResolved
            {
                throw error
            }
            // X is there: the stream may be too, and the rules known last are still the best guess.
            logger.warning("the rules in force are not known: \(error)")
        }
    }
}
