internal import Journal
internal import Lifecycle
internal import Logging
internal import Time
internal import Transform
internal import XAPI

extension Refresher {
    /// Leaves room for the event's other members.
    private static let questionByteLimit = JournalEvent.byteLimit - 1_024

    /// Takes out what the budget does not allow.
    func trim(_ chunk: inout [PostState], _ report: inout RefreshReport) {
        let today = day
        var left = ledger?.left(on: today.number) ?? Int.max
        let all = chunk.count
        chunk = chunk.filter { post in
            if today.isFree(post) { return true }
            left -= 1
            return left >= 0
        }
        if chunk.count < all { report.ending = .budget }
    }

    /// Asks for some posts until an answer is there, X refuses, the tries are over, or the day on which they were chosen is.
    ///
    /// On another day they may not be due any more, and have another price.
    func ask(_ chunk: [PostState], chosenOn: Int, _ report: inout RefreshReport, _ shutdown: ShutdownSignal) throws {
        let question = Question(
            chunk.map { Question.Post(id: $0.id, arrival: $0.sighted ?? $0.first ?? clock.now, rules: $0.rules) }
        )
        // Tags may be long, and an event has a limit.
        if question.json.count > Refresher.questionByteLimit {
            guard chunk.count > 1 else {
                logger.warning(
                    "post \(chunk[0].id) is not read: the tags of its rules alone exceed what an event may hold"
                )
                report.unknown += 1
                return
            }
            let ending = report.ending
            try ask(Array(chunk.prefix(chunk.count / 2)), chosenOn: chosenOn, &report, shutdown)
            guard report.ending == ending else { return }
            return try ask(Array(chunk.suffix(from: chunk.count / 2)), chosenOn: chosenOn, &report, shutdown)
        }
        let request = LookupRequest(
            ids: chunk.map(\.id),
            fields: configuration.fields,
            fieldsParameter: configuration.fieldsParameter
        )
        // What was reserved for a question whose answer is lost may have been billed: asking again that day costs nothing more.
        var paidOn: Int?
        for attempt in 0... {
            waitForWindow(shutdown)
            waitForCertainDay(shutdown)
            if shutdown.isRequested {
                report.ending = .stopped
                return
            }
            let today = day
            guard today.number == chosenOn else { return }
            let free = Set(chunk.filter { today.isFree($0) }.map(\.id))
            let isPaid = paidOn == today.number && today.isFreeAgain
            let cost = isPaid ? 0 : chunk.count - free.count
            // The wait may have led into another day.
            guard cost <= ledger?.left(on: today.number) ?? Int.max else {
                report.ending = .budget
                return
            }
            let number = lookups.nextNumber()
            try ledger?.reserve(cost, on: today.number, for: number)
            try lookups.ask(question, number: number)
            report.requests += 1
            do {
                let answer = try client.lookup(request)
                try lookups.answer(answer.body, number: number)
                let found = answers.count(answer.body, question, chunk)
                let billed = isPaid ? 0 : found.billed(free: free, today.rule)
                try ledger?.settle(billed, for: number)
                report.spent += billed
                report.free += max(0, found.returned.count - billed)
                report.add(found, of: chunk.count)
                try xTime.learn(answer.date, at: clock.now)
                if answer.rateLimit.remaining == 0 { closedUntil = answer.rateLimit.reset }
                return
            } catch let error as XAPIError {
                if error.isUnbilled {
                    try ledger?.settle(0, for: number)
                } else {
                    paidOn = today.number
                    report.spent += cost
                }
                try xTime.learn(error.date, at: clock.now)
                guard try goesOn(after: error, attempt, &report, shutdown) else { return }
            }
        }
    }

    /// Waits where trying again may help; false where the pass is over.
    private func goesOn(
        after error: XAPIError,
        _ attempt: Int,
        _ report: inout RefreshReport,
        _ shutdown: ShutdownSignal
    ) throws -> Bool {
        if shutdown.isRequested {
            report.ending = .stopped
            return false
        }
        if error.code == .refused, [400, 401, 403].contains(error.status) { throw error }
        if error.status == 402 || error.problem?.isUsageCap == true || attempt + 1 >= configuration.tryLimit {
            report.ending = .refused("\(error)")
            return false
        }
        let doubled = configuration.firstWait * Double(1 << min(attempt, 6))
        let pause = min(.seconds(60), doubled) * (0.5 + nextChance() / 2)
        if error.status == 429, let reset = error.rateLimit?.reset {
            closedUntil = max(reset, day.now + pause)
        } else {
            logger.notice("\(error); trying again in \(Int(pause.asSeconds.rounded(.up))) s")
            configuration.pause(pause, shutdown)
        }
        return true
    }

    /// Waits while X's window of requests is used up.
    private func waitForWindow(_ shutdown: ShutdownSignal) {
        guard let reset = closedUntil, day.now < reset else { return }
        logger.notice("X takes no more requests before \(reset.rfc3339); going on then")
        wait(until: reset, shutdown)
        closedUntil = nil
    }

    /// Waits while it is so near midnight that nobody knows on which day X would bill a request.
    func waitForCertainDay(_ shutdown: ShutdownSignal) {
        guard ledger != nil, day.isUncertain else { return }
        let time = day.certainFrom
        logger.notice("on which day X bills is uncertain around midnight UTC; going on at \(time.rfc3339)")
        while day.isUncertain, !shutdown.isRequested { wait(until: day.certainFrom, shutdown) }
    }

    /// Waits until a time of X's, at most its longest window and twice the margin of midnight.
    ///
    /// In short pauses, because clocks are set.
    private func wait(until time: Timestamp, _ shutdown: ShutdownSignal) {
        var waited = Duration.zero
        while !shutdown.isRequested, day.now < time, waited < .seconds(1_900) {
            let pause = max(.milliseconds(1), min(time - day.now, .seconds(1)))
            configuration.pause(pause, shutdown)
            waited += pause
        }
    }
}
