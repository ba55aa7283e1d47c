internal import JSON
internal import FoundationEssentials

extension XAPIClient {
    private static let rulesPath = "/2/tweets/search/stream/rules"
    /// X names no limit for one request; this many are certain to fit.
    static let rulesPerRequest = 25
    /// More pages than 25,000 rules of an enterprise need, against an answer that never ends.
    private static let pageLimit = 100

    /// The rules in force, all pages.
    ///
    /// - Throws: `.refused`, `.unreachable`, `.unexpectedAnswer`.
    public func rules() throws(XAPIError) -> [ActiveRule] {
        var rules: [ActiveRule] = []
        var page = ""
        for _ in 0..<Self.pageLimit {
            let json = try ask("GET", Self.rulesPath, [("max_results", "1000"), ("pagination_token", page)])
            // Where there are no rules, `data` is missing.
            rules += Self.activeRules(json)
            guard let next = json["meta"]?["next_token"]?.text, !next.isEmpty, next != page else { return rules }
            page = next
        }
        throw XAPIError(
            code: .unexpectedAnswer,
            message: "X's list of rules does not end after \(Self.pageLimit) pages"
        )
    }

    /// Carries a difference out: deletes first, because tags cannot be edited, then adds, 25 rules a request.
    ///
    /// Where rules are to be deleted and added, the new ones are tried in a dry run before anything is deleted, so that a
    /// typing mistake does not take a working rule away. Success is what a list of the rules shows afterwards, whatever the answers
    /// to the changes said.
    ///
    /// - Parameters:
    ///   - diff: what to change.
    ///   - dryRun: whether X only checks and changes nothing.
    /// - Returns: what became of it; rules that X refuses, or that are not as requested, are in it, not thrown. Where the dry run
    ///   refuses any, nothing was changed.
    /// - Throws: `.refused`, `.unreachable`; what earlier requests changed then stays changed, and applying again is safe.
    public func apply(_ diff: RuleSetDiff, dryRun: Bool = false) throws(XAPIError) -> RulesReport {
        guard !diff.isEmpty else { return RulesReport() }
        if dryRun { return try check(diff) }
        if !diff.deleted.isEmpty, !diff.added.isEmpty {
            let trial = try add(diff.added, dryRun: true)
            guard trial.refused.isEmpty else {
                var report = RulesReport()
                report.refused = trial.refused
                return report
            }
        }
        let problems = try delete(diff.deleted, dryRun: false).problems
        let answers = try add(diff.added, dryRun: false)
        var report = RulesReport(diff, answers, deletionProblems: problems, inForce: try rules())
        for wait in listingWaits where !report.failed.isEmpty {
            // X may take a moment before its list shows a change.
            pause(wait)
            report = RulesReport(diff, answers, deletionProblems: problems, inForce: try rules())
        }
        return report
    }

    /// What X says of a difference without carrying it out.
    private func check(_ diff: RuleSetDiff) throws(XAPIError) -> RulesReport {
        let deletion = try delete(diff.deleted, dryRun: true)
        let answers = try add(diff.added, dryRun: true)
        var report = RulesReport()
        report.deletedCount = diff.deleted.count - deletion.notDeleted.count
        report.failed = deletion.notDeleted.map {
            FailedRule(rule: $0.rule, failure: .stillInForce, problem: deletion.problems[$0.id])
        }
        report.refused = answers.refused
        report.added = answers.added
        // A rule that gets another tag is still in force in a dry run.
        let replaced = Set(diff.deleted.map(\.rule.value))
        report.added += diff.added.filter { rule in
            replaced.contains(rule.value) && answers.duplicates.contains { $0.value == rule.value }
        }.map { ActiveRule(id: "", rule: $0) }
        report.duplicates = answers.duplicates.filter { !replaced.contains($0.value) }
        return report
    }

    /// Deletes rules; returns those that X says it did not delete, and what it said, by their numbers.
    private func delete(
        _ rules: [ActiveRule],
        dryRun: Bool
    ) throws(XAPIError) -> (notDeleted: [ActiveRule], problems: [String: Problem]) {
        var notDeleted: [ActiveRule] = []
        var problems: [String: Problem] = [:]
        for chunk in rules.chunks(of: Self.rulesPerRequest) {
            let body = Self.encode(["delete": ["ids": chunk.map(\.id)]])
            do {
                let json = try ask("POST", Self.rulesPath, Self.query(dryRun), body: body)
                let said = Problem.all(in: json)
                let named = chunk.filter { rule in said.contains { $0.isAbout(rule) } }
                let deleted = json["meta"]?["summary"]?["deleted"]?.integer ?? chunk.count - named.count
                // X may count what it did not delete without naming it.
                notDeleted += named.isEmpty && deleted < chunk.count ? Array(chunk) : named
                for rule in chunk { problems[rule.id] = said.first { $0.isAbout(rule) } ?? said.first }
            } catch {
                guard error.status == 400 else { throw error }
                notDeleted += chunk
                for rule in chunk { problems[rule.id] = error.problem }
            }
        }
        return (notDeleted, problems)
    }

    private func add(_ rules: [StreamRule], dryRun: Bool) throws(XAPIError) -> RuleAnswers {
        var answers = RuleAnswers()
        for chunk in rules.chunks(of: Self.rulesPerRequest) {
            let entries = chunk.map { $0.tag.isEmpty ? ["value": $0.value] : ["value": $0.value, "tag": $0.tag] }
            let body = Self.encode(["add": entries])
            do {
                let json = try ask("POST", Self.rulesPath, Self.query(dryRun), body: body)
                answers.added += Self.activeRules(json)
                for problem in Problem.all(in: json) { answers.note(problem, in: chunk) }
            } catch {
                // Wrong rules may come with a status of their own; a chunk with one is then refused as a whole.
                guard error.status == 400, let problem = error.problem else { throw error }
                answers.note(problem, in: chunk)
            }
        }
        return answers
    }

    private static func activeRules(_ json: JSONValue) -> [ActiveRule] {
        (json["data"]?.elements ?? []).compactMap { entry in
            guard let id = entry["id"]?.text, let value = entry["value"]?.text else { return nil }
            return ActiveRule(id: id, rule: StreamRule(value: value, tag: entry["tag"]?.text ?? ""))
        }
    }

    private static func query(_ dryRun: Bool) -> [(name: String, value: String)] {
        dryRun ? [("dry_run", "true")] : []
    }

    private static func encode(_ body: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings, arrays and dictionaries of strings always encode.
        return (try? encoder.encode(body)).map(Array.init) ?? []
    }
}

extension Problem {
    fileprivate func isAbout(_ rule: ActiveRule) -> Bool {
        id == rule.id || value == rule.id || value == rule.rule.value
    }
}

extension Array {
    fileprivate func chunks(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
