internal import Journal
internal import XAPI

/// How the rules commands print.
enum RulesText {
    static func text(_ rules: [ActiveRule]) -> String {
        if rules.isEmpty { return "no rules are in force\n" }
        return rules.map { "\($0.id)  \(line($0.rule))\n" }.joined()
    }

    static func text(_ diff: RuleSetDiff) -> String {
        var lines = diff.deleted.map { "- \(line($0.rule))" } + diff.added.map { "+ \(line($0))" }
        lines += diff.kept.map { "  \(line($0.rule))" }
        lines += diff.unlisted.map { "  \(line($0.rule))  (not in the file; --prune deletes it)" }
        if diff.isEmpty { lines.append("nothing to change") }
        return lines.map { $0 + "\n" }.joined()
    }

    static func text(_ report: RulesReport, _ diff: RuleSetDiff, _ isDryRun: Bool) -> String {
        let lines = report.refused.map { "X refuses \($0)" } + report.failed.map(\.description)
        let verb = isDryRun ? "X would have" : "X has"
        let summary =
            "\(verb) added \(report.added.count), deleted \(report.deletedCount), and kept "
            + "\(diff.kept.count + report.duplicates.count)"
        return (lines + [summary]).map { $0 + "\n" }.joined()
    }

    static func json(_ rules: [ActiveRule]) -> String { encode([("rules", .array(rules.map(value)))]) }

    static func json(_ diff: RuleSetDiff) -> String {
        encode([
            ("added", .array(diff.added.map(value))), ("deleted", .array(diff.deleted.map(value))),
            ("kept", .array(diff.kept.map(value))), ("unlisted", .array(diff.unlisted.map(value))),
        ])
    }

    static func json(_ report: RulesReport) -> String {
        encode([
            ("added", .array(report.added.map(value))), ("deleted", .integer(Int64(report.deletedCount))),
            ("duplicates", .array(report.duplicates.map(value))),
            (
                "refused",
                .array(
                    report.refused.map {
                        .object([("value", .string($0.value)), ("problem", .string("\($0.problem)"))])
                    }
                )
            ),
            (
                "failed",
                .array(
                    report.failed.map {
                        .object([
                            ("value", .string($0.rule.value)), ("tag", .string($0.rule.tag)),
                            ("problem", .string($0.description)),
                        ])
                    }
                )
            ),
        ])
    }

    private static func line(_ rule: StreamRule) -> String {
        // What another app's owner wrote must not move this terminal's cursor.
        let text = rule.tag.isEmpty ? rule.value : "\(rule.tag): \(rule.value)"
        return String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 })
        )
    }

    private static func value(_ rule: ActiveRule) -> EventValue {
        .object([("id", .string(rule.id)), ("value", .string(rule.rule.value)), ("tag", .string(rule.rule.tag))])
    }

    private static func value(_ rule: StreamRule) -> EventValue {
        .object([("value", .string(rule.value)), ("tag", .string(rule.tag))])
    }

    private static func encode(_ members: [(String, EventValue)]) -> String {
        String(decoding: EventValue.object(members).json, as: UTF8.self) + "\n"
    }
}
