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
    /// typing mistake does not take a working rule away.
    ///
    /// - Parameters:
    ///   - diff: what to change.
    ///   - dryRun: whether X only checks and changes nothing.
    /// - Returns: what became of it; rules that X refuses are in it, not thrown. Where the dry run refuses any, nothing was changed.
    /// - Throws: `.refused`, `.unreachable`; what earlier requests changed then stays changed, and applying again is safe.
    public func apply(_ diff: RuleSetDiff, dryRun: Bool = false) throws(XAPIError) -> RulesReport {
        if !dryRun, !diff.deleted.isEmpty, !diff.added.isEmpty {
            let trial = try add(diff.added, dryRun: true)
            guard trial.isComplete else {
                var report = RulesReport()
                report.refused = trial.refused
                return report
            }
        }
        let deleted = try delete(diff.deleted, dryRun: dryRun)
        var report = try add(diff.added, dryRun: dryRun)
        report.deletedCount = deleted
        return report
    }

    private func delete(_ rules: [ActiveRule], dryRun: Bool) throws(XAPIError) -> Int {
        var count = 0
        for chunk in rules.chunks(of: Self.rulesPerRequest) {
            let body = Self.encode(["delete": ["ids": chunk.map(\.id)]])
            let json = try ask("POST", Self.rulesPath, Self.query(dryRun), body: body)
            let deleted = json["meta"]?["summary"]?["deleted"]?.integer ?? chunk.count
            // X cannot have deleted more than it was asked to.
            count += min(max(0, deleted), chunk.count)
        }
        return count
    }

    private func add(_ rules: [StreamRule], dryRun: Bool) throws(XAPIError) -> RulesReport {
        var report = RulesReport()
        for chunk in rules.chunks(of: Self.rulesPerRequest) {
            let entries = chunk.map { $0.tag.isEmpty ? ["value": $0.value] : ["value": $0.value, "tag": $0.tag] }
            let body = Self.encode(["add": entries])
            do {
                let json = try ask("POST", Self.rulesPath, Self.query(dryRun), body: body)
                report.added += Self.activeRules(json)
                for problem in Problem.all(in: json) { report.note(problem, in: chunk) }
            } catch {
                // Wrong rules may come with a status of their own; a chunk with one is then refused as a whole.
                guard error.status == 400, let problem = error.problem,
                    problem.type == "invalid-rules" || problem.value != nil
                else { throw error }
                report.note(problem, in: chunk)
            }
        }
        return report
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

extension RulesReport {
    fileprivate mutating func note(_ problem: Problem, in chunk: ArraySlice<StreamRule>) {
        let value = problem.value ?? ""
        if problem.isDuplicateRule {
            duplicates.append(chunk.first { $0.value == value } ?? StreamRule(value: value))
        } else {
            refused.append(RefusedRule(value: value, problem: problem))
        }
    }
}

extension Array {
    fileprivate func chunks(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
