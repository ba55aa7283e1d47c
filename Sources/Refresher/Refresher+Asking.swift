internal import Failures
internal import Journal
internal import Lifecycle
internal import Logging
internal import Time
internal import Transform
internal import XAPI

extension Refresher {
    /// Leaves room for the event's other members.
    private static let questionByteLimit = JournalEvent.byteLimit - 1_024

    /// Asks for some posts until an answer is there, X refuses, the tries are over, or the day on which they were chosen is.
    ///
    /// On another day they may not be due any more, and have another price. What may have been billed is not asked for again.
    ///
    /// - Returns: why no try brought an answer; nil where one did, and where the pass is over.
    func ask(
        _ chunk: [PostState],
        chosenOn: Int,
        tries: Int,
        _ report: inout RefreshReport,
        _ shutdown: ShutdownSignal
    ) throws -> String? {
        let question = Question(chunk.map { $0.question(at: clock.now) })
        // Tags may be long, and an event has a limit.
        if question.json.count > Refresher.questionByteLimit {
            try askForHalves(of: chunk, chosenOn: chosenOn, &report, shutdown)
            return nil
        }
        let request = LookupRequest(
            ids: chunk.map(\.id),
            fields: configuration.fields,
            expansions: configuration.expansions,
            fieldsParameter: configuration.fieldsParameter
        )
        var attempt = 0
        // What was waited for X's window because of these posts; a second window in a row is a contradiction of X's own.
        var waited = Duration.zero
        while true {
            waitForWindow(shutdown)
            waitForCertainDay(shutdown)
            if shutdown.isRequested {
                report.ending = .stopped
                return nil
            }
            let today = day
            guard today.number == chosenOn else { return nil }
            let free = Set(chunk.filter { today.isFree($0) }.map(\.id))
            let cost = chunk.count - free.count
            // The wait may have led into another day.
            guard cost <= ledger?.left(on: today.number) ?? Int.max else {
                report.ending = .budget
                return nil
            }
            let number = lookups.nextNumber()
            try ledger?.reserve(cost, on: today.number, for: number)
            try lookups.ask(question, number: number)
            // The disk may have taken its time, or the machine slept.
            guard day.number == today.number, ledger == nil || !day.isUncertain else {
                try ledger?.settle(0, for: number)
                continue
            }
            report.requests += 1
            do {
                let answer = try client.lookup(request)
                try lookups.answer(answer.body, number: number)
                let found = answers.count(answer.body, question, chunk)
                // What was not asked for was not paid for either: the newest version of an edited post.
                let billed = found.billed(free: free, today.rule)
                try ledger?.settle(billed, for: number)
                report.spent += billed
                report.free += max(0, found.returned.count - billed)
                weigh(found, chunk, &report)
                isProbing = false
                try tell(of: chunk, only: found.told, withoutCounts: found.withoutCounts, &report)
                try learnTime(answer.date)
                if answer.rateLimit.remaining == 0, let reset = answer.rateLimit.reset { closeWindow(until: reset) }
                return nil
            } catch let error as XAPIError {
                report.spent += try settle(after: error, number, cost)
                guard error.isUnbilled else {
                    try leave(chunk, after: error, &report, shutdown)
                    return nil
                }
                attempt += 1
                guard try goesOn(after: error, attempt, waited, &report, shutdown) else { return nil }
                // A window that is used up says nothing of these posts; `goesOn` has an end to it.
                if attempt >= tries, error.status != 429 { return "\(error)" }
                wait(after: error, attempt, &waited, shutdown)
            }
        }
    }

    /// Asks for less at a time, because the question would be longer than an event may be.
    private func askForHalves(
        of chunk: [PostState],
        chosenOn: Int,
        _ report: inout RefreshReport,
        _ shutdown: ShutdownSignal
    ) throws {
        guard chunk.count > 1 else {
            logger.warning(
                "post \(chunk[0].id) is not read: the tags of its rules alone exceed what an event may hold"
            )
            return try tell(of: chunk, only: [], &report)
        }
        let ending = report.ending
        for half in [chunk.prefix(chunk.count / 2), chunk.suffix(from: chunk.count / 2)] where report.ending == ending {
            try askPatiently(Array(half), chosenOn: chosenOn, &report, shutdown)
        }
    }

    /// Whether asking again, for these or for others, may help; false where the pass is over.
    private func goesOn(
        after error: XAPIError,
        _ attempt: Int,
        _ waited: Duration,
        _ report: inout RefreshReport,
        _ shutdown: ShutdownSignal
    ) throws -> Bool {
        if shutdown.isRequested {
            report.ending = .stopped
            return false
        }
        let isOver = error.status == 429 && (attempt >= configuration.tryLimit || waited >= Refresher.window)
        // Credits and caps on posts come back without anybody who changes a setting.
        if error.status == 402 || error.problem?.isUsageCap == true || isOver {
            report.ending = .refused("\(error)")
            return false
        }
        if error.failureCause.kind == .operatorNeeded { throw error }
        return true
    }

    private func wait(after error: XAPIError, _ attempt: Int, _ waited: inout Duration, _ shutdown: ShutdownSignal) {
        let doubled = configuration.firstWait * Double(1 << min(attempt - 1, 6))
        let pause = min(.seconds(60), doubled) * (0.5 + nextChance() / 2)
        if error.status == 429, let reset = error.rateLimit?.reset {
            waited += closeWindow(until: max(reset, monotonic.now + pause), atMost: Refresher.window - waited)
        } else {
            logger.notice("\(error); trying again in \(Int(pause.asSeconds.rounded(.up))) s")
            wait(until: Deadline(after: pause, on: monotonic), shutdown)
            if error.status == 429 { waited += pause }
        }
    }
}
