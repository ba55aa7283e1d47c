import Foundation
import Journal
import Lifecycle
import TestSupport
import Testing
import Time
import XAPI

@testable import Refresher

/// The ledger adds up, and where it cannot be trusted nothing is asked for.
@Suite(.timeLimit(.minutes(20)))
struct LedgerTests {
    private static let day = 20_781

    private func book(_ entries: [LedgerBook.Entry]) -> LedgerBook {
        entries.reduce(into: LedgerBook()) { $0.take($1, at: Timestamp(rawValue: 5)) }
    }

    @Test func aReservationCountsUntilItIsSettled() {
        let day = Self.day
        let reserved = LedgerBook.Entry.reserved(number: 1, day: day, posts: 90)
        #expect(book([reserved]).spent == [day: 90])
        #expect(book([reserved, .settled(number: 1, day: day, posts: 40)]).spent == [day: 40])
        // A second settlement, one of nothing and one of an older reservation change nothing.
        let settled = [reserved, .settled(number: 1, day: day, posts: 40)]
        #expect(book(settled + [.settled(number: 1, day: day, posts: 0)]).spent == [day: 40])
        #expect(book([.settled(number: 9, day: day, posts: 40)]).spent == [:])
        let later = LedgerBook.Entry.reserved(number: 2, day: day + 1, posts: 10)
        #expect(book([reserved, later, .settled(number: 1, day: day, posts: 0)]).spent == [day: 90, day + 1: 10])
        // X gave more than was asked for.
        #expect(book([later, .settled(number: 2, day: day + 1, posts: 12)]).total == 12)
    }

    @Test func monthsAreThoseOfTheCalendarWhateverTheDayInHand() {
        // 2026-11-24 is day 20781, so that November ends with 20787.
        let entries = [20_757, 20_758, 20_781, 20_787, 20_788].enumerated().map { index, day in
            LedgerBook.Entry.reserved(number: index, day: day, posts: 1 << index)
        }
        let book = book(entries)
        for day in [20_758, 20_770, 20_787] { #expect(book.spent(inMonthOf: day) == 0b01110) }
        #expect(book.spent(inMonthOf: 20_757) == 0b00001 && book.spent(inMonthOf: 20_788) == 0b10000)
    }

    @Test func aDaysFirstReservationIsLaterThanAllOfTheDayBefore() throws {
        var book = LedgerBook()
        book.take(.reserved(number: 1, day: 7, posts: 1), at: Timestamp(rawValue: 1_000))
        book.take(.settled(number: 1, day: 7, posts: 1), at: Timestamp(rawValue: 2_000))
        // The clock was set back.
        book.take(.reserved(number: 2, day: 8, posts: 1), at: Timestamp(rawValue: 500))
        #expect(try #require(book.firstReservation[8]) > Timestamp(rawValue: 2_000))
    }

    /// This machine is in February already, X still in January: what January has cost counts.
    @Test func theMonthBeforeCountsForAsLongAsXMayBeInIt() throws {
        let folder = try TemporaryFolder()
        let january = Timestamp(rawValue: 1_767_225_600_000_000)
        let clock = ManualClock(january + .seconds(9 * 86_400 + 3_600))
        let tenth = Int(january.seconds / 86_400) + 9
        func ledger() throws -> Ledger {
            try Ledger(
                journal: folder.path,
                budgets: [Budget(parsing: "5/month")],
                price: .published,
                clock: clock.clock
            )
        }
        let first = try ledger()
        try first.reserve(3, on: tenth, for: 1)
        try first.close()
        clock.set(january + .seconds(31 * 86_400 + 60))
        let second = try ledger()
        #expect(second.left(on: tenth + 21) == 2 && second.left(on: tenth + 22) == 5)
        try second.close()
    }

    @Test func whatWasSpentOutlivesTheProcess() throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(Timestamp(rawValue: Int64(Self.day) * 86_400_000_000 + 3_600_000_000))
        func ledger(_ budget: String) throws -> Ledger {
            try Ledger(
                journal: folder.path,
                budgets: [Budget(parsing: budget)],
                price: .published,
                clock: clock.clock
            )
        }
        let first = try ledger("100/day")
        try first.reserve(60, on: Self.day, for: 1)
        try first.settle(50, for: 1)
        try first.reserve(20, on: Self.day, for: 2)
        #expect(first.left(on: Self.day) == 30 && first.left(on: Self.day + 1) == 100)
        #expect(throws: JournalError.self) { try ledger("100/day") }
        try first.close()
        for (budget, left) in [("100/day", 30), ("$0.5/month", 30), ("100", 100), ("10/day", 0)] {
            let next = try ledger(budget)
            #expect(next.left(on: Self.day) == left, "\(budget)")
            try next.close()
        }
    }

    /// Lines that are no entries, and bytes that are gone.
    @Test(arguments: [
        "{}\n", "nonsense\n", "{\"reserved\":1,\"day\":20781,\"posts\":-5}\n", "{\"reserved\":1,\"day\":20781}\n",
        "{\"reserved\":1,\"day\":20781,\"posts\":99999999999999999999}\n", "{\"rule\":\"free\",\"day\":20781}\n",
    ])
    func aLedgerThatCannotBeReadSpendsNothing(line: String) throws {
        let folder = try TemporaryFolder()
        let writer = try JournalWriter(directory: folder.path, source: .ledger)
        try Array(line.utf8).withUnsafeBytes { try writer.append($0) }
        try writer.close()
        let error = #expect(throws: JournalError.self) {
            try Ledger(journal: folder.path, budgets: [Budget(parsing: "5")], price: .published, clock: .system)
        }
        #expect(
            error?.code == .corrupt && error?.description.contains("nothing is") == true,
            "\(String(describing: error))"
        )
    }

    @Test func aDamagedSegmentOfThisMonthSpendsNothing() throws {
        let folder = try TemporaryFolder()
        for number in 1...3 {
            let ledger = try Ledger(journal: folder.path, budgets: [], price: .published, clock: .system)
            try ledger.reserve(number, on: Self.day, for: number)
            try ledger.close()
        }
        let path = "\(folder.path)/ledger/0000000002.zst"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        // A byte of the entry itself.
        let place = try #require(bytes.range(of: Data("reserved".utf8)))
        bytes[place.lowerBound] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: JournalError.self) {
            try Ledger(journal: folder.path, budgets: [Budget(parsing: "5")], price: .published, clock: .system)
        }
        #expect(error?.code == .corrupt, "\(String(describing: error))")
    }

    @Test func whatIsOlderThanThePeriodsThatCountIsNotRead() throws {
        let start = Timestamp(rawValue: Int64(Self.day) * 86_400_000_000)
        var read: [Int] = []
        for months in [1, 60] {
            let folder = try TemporaryFolder()
            let clock = ManualClock(start - .seconds(Int64(months) * 30 * 86_400))
            let disk = FailingDisk(folder.path, .once, at: .max, SeededRandom(seed: 1))
            func ledger() throws -> Ledger {
                try Ledger(disk.access, budgets: [Budget(parsing: "9000/month")], price: .published, clock: clock.clock)
            }
            for month in 0..<months {
                let old = try ledger()
                for number in 0..<200 {
                    try old.reserve(0, on: Self.day - (months - month) * 30, for: number)
                    try old.settle(0, for: number)
                }
                try old.close()
                clock.advance(by: .seconds(30 * 86_400))
            }
            let new = try ledger()
            try new.reserve(70, on: Self.day, for: 1)
            try new.settle(60, for: 1)
            try new.close()
            let before = disk.bytesRead
            let book = try Ledger.book(disk.access.open(), at: clock.clock.now)
            read.append(disk.bytesRead - before)
            #expect(book.spent[Self.day] == 60 && book.open == nil)
        }
        // One more segment name and opening block for each doubling, and no entry.
        #expect(read[1] < read[0] + 20_000, "\(read)")
    }

    @Test func xsBilledPostsAreCountedByTheirIDs() {
        var found = AnswerCounts.Found()
        found.returned = [1, 2, 3, 3, nil]
        #expect(found.billed(free: [], .utcDay) == 4 && found.billed(free: [], .none) == 5)
        // What is missing of the free ones saves nothing.
        #expect(found.billed(free: [1, 7, 8, 9], .utcDay) == 3 && found.billed(free: [1, 2], .none) == 5)
    }
}
