import Foundation
import Journal
import Simulator
import Synchronization
import TestSupport
import Testing
import Time

@testable import Refresher

/// Days are X's, and what leaves is reserved first.
@Suite(.timeLimit(.minutes(20)))
struct BillingClockTests {
    private static let midnight = Timestamp(rawValue: 20_781 * 86_400_000_000)

    @Test(arguments: [-300, -30, 0, 30, 300]) func theDayIsThatOfXWhateverOurClockSays(ahead: Int) throws {
        // Three minutes before midnight at X.
        let fixture = try MoneyFixture(batch: 50, start: Self.midnight - .seconds(6 * 3_600))
        fixture.ahead = .seconds(ahead)
        try fixture.stream()
        try fixture.stream()
        fixture.xClock.set(Self.midnight - .seconds(180))
        let report = try fixture.pass(["500/day"]) {
            $0.billing = .none
            $0.readLimit = 50
        }
        #expect(report.spent == 50, "\(report)")
        #expect(try fixture.ledger() == [20_780: 50])
        // What was streamed on that day, and not read, is paid again on the next, once.
        fixture.xClock.set(Self.midnight + .seconds(180))
        let next = try fixture.pass(["500/day"])
        fixture.xClock.set(Self.midnight + .seconds(240))
        let again = try fixture.pass(["500/day"]) { $0.schedule.steps = [.seconds(6 * 3_600 + 200)] }
        #expect(next.spent == 50 && again.free >= 50 && again.spent == again.due - 50, "\(next), \(again)")
        #expect(try fixture.lookedUpBilled()[20_781] == next.spent + again.spent)
    }

    /// A long wait for X, or a short one that ends in the uncertain minutes.
    @Test(arguments: [(429, -600), (503, -65)])
    func whatIsNotDueAnyMoreAfterMidnightIsNotBought(status: Int, start: Int) throws {
        let fixture = try MoneyFixture(batch: 150, start: Self.midnight - .seconds(5_400)) { configuration, settings in
            configuration.refusalDelay = .seconds(750)
            settings.faults = [LookupFault(.refuse(status: status), request: 2)]
        }
        try fixture.stream()
        fixture.xClock.set(Self.midnight - .seconds(3_000))
        try fixture.stream()
        fixture.xClock.set(Self.midnight + .seconds(start))
        func pass() throws -> RefreshReport {
            try fixture.pass(["1000/day"]) {
                $0.schedule.steps = [.seconds(3_600)]
                $0.firstWait = .seconds(20)
            }
        }
        // Half of them have been due for a while, the others will be at ten past; all are paid, and read for nothing.
        let report = try pass()
        #expect(report.due == 300 && report.free == 100 && report.ending == .done, "\(report)")
        // After midnight only those of the first half are due, and each costs.
        #expect(report.spent == report.read - 100 && (50...150).contains(report.spent), "\(report)")
        let now = fixture.xClock.clock.now
        #expect(now > Self.midnight && now < Self.midnight + .seconds(600), "\(now)")
        #expect(try fixture.ledger() == [20_780: 0, 20_781: report.spent])
        #expect(try fixture.lookedUpBilled() == [20_780: 0, 20_781: report.spent])
        #expect(try pass().due == 0)
        fixture.xClock.set(Self.midnight + .seconds(610))
        let last = try pass()
        #expect(last.due == 300 - report.read && last.read == last.due && last.spent == last.read, "\(last)")
    }

    @Test func whatIsPaidTodayIsReadBeforeMidnightAndNotBoughtAfterIt() throws {
        let fixture = try MoneyFixture(batch: 150, start: Self.midnight - .seconds(3_000))
        try fixture.stream()
        func pass(_ seconds: Int) throws -> RefreshReport {
            fixture.xClock.set(Self.midnight + .seconds(seconds))
            return try fixture.pass(["1000/day"]) { $0.schedule.steps = [.seconds(3_600), .seconds(14_400)] }
        }
        // Due at ten past midnight; a read in the first half of the wait would tell too little.
        #expect(try pass(-1_230).due == 0)
        let early = try pass(-1_190)
        #expect(early.due == 150 && early.read == 150 && early.free == 150 && early.spent == 0, "\(early)")
        // That was it: neither again for nothing, nor for money.
        #expect(try pass(-600).due == 0)
        #expect(try pass(610).due == 0)
        let next = try pass(14_400 - 3_000)
        #expect(next.due == 150 && next.spent == 150, "\(next)")
    }

    @Test func whatIsGoneIsNotAskedForSoonerBecauseMidnightIsNear() throws {
        let fixture = try MoneyFixture(batch: 300, start: Self.midnight - .seconds(4_200)) {
            $1.fates.deletedPerMille = 1_000
            $1.fates.meanDelay = .seconds(60)
        }
        try fixture.stream()
        func pass(_ seconds: Int) throws -> RefreshReport {
            fixture.xClock.set(Self.midnight + .seconds(seconds))
            return try fixture.pass(["1000/day"]) {
                $0.schedule.steps = [.seconds(900)]
                // All of them are really gone.
                $0.deletionLimit.share = 1
            }
        }
        let first = try pass(-2_400)
        #expect(first.gone > 250, "\(first)")
        #expect(try pass(-2_300).due == 0)
        #expect(try pass(-120).due == 0)
        #expect(try pass(1_210).due == first.gone)
    }

    @Test func nothingIsAskedForWithAClockThatIsHoursOff() throws {
        let fixture = try MoneyFixture(batch: 50)
        try fixture.stream()
        fixture.xClock.advance(by: .seconds(7_200))
        fixture.ahead = .seconds(7_200)
        let error = #expect(throws: RefresherError.self) { try fixture.pass(["500/day"]) }
        #expect(error?.code == .clockWrong && fixture.simulator.lookupCount == 0)
    }

    @Test func nothingLeavesWhileTheDayIsUncertain() throws {
        for (known, margin) in [(true, 60), (false, 900)] {
            let shared = Shared()
            let date: (@Sendable () -> String)? = known ? { @Sendable in shared.date } : nil
            let x = try ScriptedX(
                posts: 1..<151,
                at: Self.midnight - .seconds(90_000),
                date: date
            ) { ids in
                shared.note()
                return "{\"data\":[\(ids.map { ScriptedX.post($0, likes: 1) }.joined(separator: ","))]}"
            }
            shared.clock.withLock { $0 = x.clock }
            x.clock.set(Self.midnight - .seconds(30))
            let report = try x.pass("1000/day")
            #expect(report.read == 150, "\(report)")
            let asked = shared.times.withLock { $0 }
            #expect(asked.count == 2 && asked.allSatisfy { $0 >= Self.midnight + .seconds(margin) }, "\(asked)")
            #expect(try ScriptedX.ledger(x.folder.path).allSatisfy { $0.contains("\"day\":20781") })
        }
    }

    @Test func reservationAndQuestionAreInTheJournalBeforeTheRequestLeaves() throws {
        let shared = SharedPath()
        let x = try ScriptedX(posts: 1..<251, at: Self.midnight + .seconds(3_600)) { ids in
            shared.look(ids)
            return "{\"data\":[\(ids.map { ScriptedX.post($0, likes: 1) }.joined(separator: ","))]}"
        }
        shared.path.withLock { $0 = x.folder.path }
        x.clock.advance(by: .seconds(86_400))
        #expect(try x.pass("1000/day").spent == 250)
        #expect(shared.seen.withLock { $0 } == [true, true, true])
    }

    @Test func aQuestionThatMetTheEndOfAKeptConnectionIsCountedAsOftenAsXSawIt() throws {
        let asked = Mutex<[Int]>([])
        let x = try ScriptedX(posts: 1..<351, at: Self.midnight + .seconds(3_600), keepsConnections: true) { ids in
            let number = asked.withLock {
                $0.append(ids.count)
                return $0.count
            }
            if number % 3 == 2 { return nil }
            return "{\"data\":[\(ids.map { ScriptedX.post($0, likes: 1) }.joined(separator: ","))]}"
        }
        x.clock.advance(by: .seconds(86_400))
        let report = try x.pass("2000/day") { $0.billing = .none }
        let seen = asked.withLock { $0 }
        // Each is asked for once, and the second that is lost ends the pass.
        #expect(seen == [100, 100, 1, 100, 49])
        #expect(report.read == 201 && report.requests == seen.count, "\(report), \(seen)")
        #expect(report.spent == seen.reduce(0, +), "\(report), \(seen)")
    }

    @Test func whatNobodyAskedForIsCountedToo() throws {
        let x = try ScriptedX(posts: 1..<51, at: Self.midnight + .seconds(3_600)) { ids in
            let all = ids + ["900", "901"] + ids.prefix(3)
            return "{\"data\":[\(all.map { ScriptedX.post($0, likes: 1) }.joined(separator: ","))]}"
        }
        x.clock.advance(by: .seconds(86_400))
        let report = try x.pass("52/day")
        #expect(report.read >= 50 && report.spent == 52 && report.left == 0, "\(report)")
    }
}

/// What an answering thread and a test share.
private final class Shared: Sendable {
    let times = Mutex<[Timestamp]>([])
    let clock = Mutex<ManualClock?>(nil)

    private var now: Timestamp { clock.withLock { $0?.clock.now } ?? Timestamp(rawValue: 0) }

    func note() {
        let now = now
        times.withLock { $0.append(now) }
    }

    var date: String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return format.string(from: Date(timeIntervalSince1970: Double(now.seconds)))
    }
}

private final class SharedPath: Sendable {
    let path = Mutex<String?>(nil)
    let seen = Mutex<[Bool]>([])

    /// Notes whether the journal holds an open reservation for so many ids, and the question itself.
    func look(_ ids: [String]) {
        let path = path.withLock { $0 } ?? ""
        let ledger = (try? ScriptedX.ledger(path)) ?? []
        let isReserved =
            ledger.last?.hasPrefix("{\"reserved\":") == true
            && ledger.last?.hasSuffix("\"posts\":\(ids.count)}") == true
        var asked = ""
        if let journal = try? Journal(directory: path),
            let reader = try? RecordReader(journal: journal, source: .lookup)
        {
            while let batch = try? reader.nextBatch() {
                for event in batch.events where event.kind == EventKind.asked {
                    asked = String(decoding: event.json, as: UTF8.self)
                }
            }
        }
        let isAsked = ids.allSatisfy { asked.contains("\"id\":\"\($0)\"") }
        seen.withLock { $0.append(isReserved && isAsked) }
    }
}
