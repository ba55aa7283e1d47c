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
                throw XAPIError(
                    code: .invalidRules,
                    message:
                        "the rules of the file are not in force: \(report.shortfall); correct them, or delete what is in their way "
                        + "with: reprise rules apply FILE --prune; then start again"
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
            if let listed = report.inForce {
                rulesInForce = listed
                return
            }
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
