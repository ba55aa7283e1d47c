internal import Journal
internal import Lifecycle
internal import Options
internal import Refresher
internal import Terminal
internal import Time
internal import XAPI

/// What `refresh` prints.
enum RefreshText {
    /// How the process ends after a pass.
    static func status(_ report: RefreshReport) -> ExitStatus {
        switch report.ending {
        // Posts that are perhaps gone are still shown.
        case .done, .budget, .stopped: report.isDoubting || report.withoutCounts > 0 ? .lossy : .done
        case .refused: .tryLater
        }
    }

    /// A line for people.
    static func text(_ report: RefreshReport) -> String {
        let left = report.left.map { ", \($0) left" } ?? ""
        let bare = report.withoutCounts > 0 ? ", \(report.withoutCounts) without counts" : ""
        let doubted = report.doubted > 0 ? ", \(report.doubted) not found but not believed to be gone" : ""
        let ending =
            switch report.ending {
            case .done: ""
            case .budget: "; the budget allows no more"
            case .stopped: "; stopped before the end"
            case .refused: "; X takes no more for now"
            }
        return
            "\(report.due) due, \(report.read) read (\(report.changed) changed, \(report.same) same), \(report.gone) gone, "
            + "\(report.unknown) unknown\(bare)\(doubted); \(report.spent) spent, \(report.free) free\(left)\(ending)\n"
    }

    /// The same for programs.
    static func json(_ report: RefreshReport) -> String {
        var fields: [(String, EventValue)] = [
            ("due", .integer(Int64(report.due))), ("read", .integer(Int64(report.read))),
            ("changed", .integer(Int64(report.changed))), ("same", .integer(Int64(report.same))),
            ("gone", .integer(Int64(report.gone))), ("unknown", .integer(Int64(report.unknown))),
            ("doubted", .integer(Int64(report.doubted))), ("without_counts", .integer(Int64(report.withoutCounts))),
            ("requests", .integer(Int64(report.requests))), ("spent", .integer(Int64(report.spent))),
            ("free", .integer(Int64(report.free))),
        ]
        if let left = report.left { fields.append(("left", .integer(Int64(left)))) }
        let (ending, reason) =
            switch report.ending {
            case .done: ("done", nil as String?)
            case .budget: ("budget", nil)
            case .stopped: ("stopped", nil)
            case .refused(let reason): ("refused", reason)
            }
        fields.append(("ending", .string(ending)))
        if let reason { fields.append(("reason", .string(reason))) }
        return String(decoding: EventValue.object(fields).json, as: UTF8.self) + "\n"
    }

    /// Prints what `--explain` or `--dry-run` asks for.
    static func outlook(_ invocation: Invocation, _ directory: String, _ shutdown: ShutdownSignal) throws {
        let outlook = try RefreshOutlook(
            journal: directory,
            configuration: RefreshSettings.configuration(
                invocation,
                for: XSettings.endpoint(invocation),
                spends: false
            ),
            // What a refresher at work, or the last one, goes by.
            usesKeptSchedule: invocation.string("schedule") == nil,
            shutdown
        )
        if let text = invocation.string("explain") {
            return try StandardOutput.write(explanation(of: text, outlook, invocation))
        }
        let plan = try outlook.plan()
        try StandardOutput.write(invocation.flag("json") ? json(plan) : text(plan))
    }

    static func text(_ plan: RefreshPlan) -> String {
        let left = plan.left.map { "; the budget allows \($0)" } ?? ""
        let lines = plan.reasons.map { "  \($0.count): \(words($0.reason))\n" }
        return "\(plan.due) due: \(plan.free) cost nothing more today, \(plan.cost) would cost "
            + "\(plan.price.cost(of: plan.cost))\(left)\n" + lines.joined()
    }

    static func json(_ plan: RefreshPlan) -> String {
        var fields: [(String, EventValue)] = [
            ("due", .integer(Int64(plan.due))), ("free", .integer(Int64(plan.free))),
            ("cost", .integer(Int64(plan.cost))),
        ]
        if let left = plan.left { fields.append(("left", .integer(Int64(left)))) }
        let reasons = plan.reasons.map {
            EventValue.object([("why", .string(words($0.reason))), ("posts", .integer(Int64($0.count)))])
        }
        fields.append(("reasons", .array(reasons)))
        return String(decoding: EventValue.object(fields).json, as: UTF8.self) + "\n"
    }

    /// Why a post is due or not.
    private static func explanation(
        of text: String,
        _ outlook: RefreshOutlook,
        _ invocation: Invocation
    ) throws -> String {
        guard let id = UInt64(text) else { throw invocation.wrong("explain", text, "a post's id: digits") }
        guard let found = try outlook.explain(id) else {
            return "\(id): nothing is known of it; no stream of this journal has shown it\n"
        }
        let state = found.state
        let due = found.due.map { "due at \($0.rfc3339)" } ?? "not due any more"
        var lines = ["\(id): \(due), \(words(found.reason))"]
        if let from = found.freeFrom {
            lines.append("  read before midnight, from \(from.rfc3339) on, where it was paid that day and is free")
        }
        if let putOff = found.putOff {
            let why = putOff.times == 0 ? "X failed on it" : "X told nothing of it, \(putOff.times) times in a row"
            lines.append("  put off until \(putOff.until.rfc3339), because \(why)")
        }
        if let first = state.first { lines.append("  first seen \(first.rfc3339)") }
        if let last = state.last { lines.append("  \(last.likes) likes at \(last.time.rfc3339)") }
        if let before = state.before { lines.append("  \(before.likes) likes at \(before.time.rfc3339)") }
        if let gone = state.gone { lines.append("  not found at \(gone.rfc3339)") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func words(_ reason: RefreshSchedule.Reason) -> String {
        switch reason {
        case .step(let age): "the step at an age of \(DurationText.short(age))"
        case .climbing(let age): "sooner than the step at \(DurationText.short(age)), because its likes climb"
        case .onceMore: "once more, because X did not find it"
        case .gone: "because X did not find it twice"
        case .superseded: "because a newer version of it is there"
        case .repost: "because it is a repost, which has no likes of its own (--reposts)"
        case .originalGone: "because X did not find the post that it repeats"
        case .stopped: "because its likes have stopped"
        case .runOut: "because all steps of the schedule are behind it"
        case .unseen: "because no stream has shown it"
        }
    }
}
