internal import Glibc
internal import Options
internal import XAPI

/// `reprise rules`: the rules of the filtered stream.
enum RulesCommand {
    static let command = Command(
        name: "rules",
        summary: "Look at the rules of the filtered stream, and change them.",
        discussion: [
            "A rules file is a YAML list; each entry has a value, the rule in X's own syntax, and a tag, the category that "
                + "matching posts count for. Rules are told apart by their value. Tags cannot be edited at X: a rule with "
                + "another tag is deleted and added again."
        ],
        subcommands: [list, diff, apply]
    )

    private static let shared =
        [Context.config, Context.logLevel, Context.logFormat, Context.json] + XSettings.options
    private static let file = Argument(name: "FILE", help: "A rules file, data/rules/cats-v-dogs.yaml for example.")
    private static let prune = Option(long: "prune", help: "Delete the rules in force that are not in the file.")

    private static let list = Command(
        name: "list",
        summary: "Print the rules in force.",
        examples: [("reprise rules list", "number, tag and value of each rule")],
        options: shared,
        run: { invocation in
            let rules = try XSettings.client(invocation).rules()
            try StandardOutput.write(invocation.flag("json") ? RulesText.json(rules) : RulesText.text(rules))
            return .done
        }
    )

    private static let diff = Command(
        name: "diff",
        summary: "Show what applying a file would change.",
        examples: [("reprise rules diff data/rules/cats-v-dogs.yaml --prune", "- goes, + comes")],
        options: shared + [prune],
        arguments: [file],
        run: { invocation in
            let wanted = try XSettings.rules(invocation.arguments[0])
            let active = try XSettings.client(invocation).rules()
            let diff = RuleSetDiff(wanted: wanted, active: active, prune: invocation.flag("prune"))
            try StandardOutput.write(invocation.flag("json") ? RulesText.json(diff) : RulesText.text(diff))
            return .done
        }
    )

    private static let apply = Command(
        name: "apply",
        summary: "Put the rules of a file in force.",
        discussion: [
            "Shows what changes and asks first; without a terminal --yes is needed. New rules are tried at X before others "
                + "are deleted for them."
        ],
        examples: [("reprise rules apply data/rules/cats-v-dogs.yaml --yes", "for scripts")],
        options: shared + [
            prune, Option(long: "yes", short: "y", help: "Do not ask."),
            Option(long: "dry-run", help: "Let X check the changes, and change nothing."),
        ],
        arguments: [file],
        run: { invocation in
            let wanted = try XSettings.rules(invocation.arguments[0])
            let isSilent = invocation.flag("yes") || invocation.flag("dry-run")
            guard isSilent || isatty(0) == 1 else {
                throw UsageError("there is no terminal to ask at: add --yes", command: invocation.path)
            }
            let client = try XSettings.client(invocation)
            let diff = RuleSetDiff(wanted: wanted, active: try client.rules(), prune: invocation.flag("prune"))
            if !invocation.flag("json") { StandardError.write(RulesText.text(diff)) }
            if !diff.isEmpty && !isSilent && !isAgreed() {
                StandardError.write("nothing was changed\n")
                return .failed
            }
            let report = try client.apply(diff, dryRun: invocation.flag("dry-run"))
            try StandardOutput.write(
                invocation.flag("json")
                    ? RulesText.json(report) : RulesText.text(report, diff, invocation.flag("dry-run"))
            )
            return report.isComplete ? .done : .failed
        }
    )

    private static func isAgreed() -> Bool {
        StandardError.write("change the rules? [y/N] ")
        return ["y", "yes"].contains((readLine() ?? "").lowercased())
    }
}
