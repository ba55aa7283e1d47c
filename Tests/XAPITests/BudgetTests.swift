import Testing
import Time
import XAPI

struct BudgetTests {
    @Test(arguments: [
        ("$50/month", Budget(amount: .microdollars(50_000_000), period: .month), 10_000),
        ("$0.01/day", Budget(amount: .microdollars(10_000), period: .day), 2),
        ("$12.50", Budget(amount: .microdollars(12_500_000), period: .run), 2_500),
        ("2000/day", Budget(amount: .posts(2_000), period: .day), 2_000),
        ("2,000/DAY", Budget(amount: .posts(2_000), period: .day), 2_000),
        ("500", Budget(amount: .posts(500), period: .run), 500),
        ("0", Budget(amount: .posts(0), period: .run), 0),
        ("$0.009", Budget(amount: .microdollars(9_000), period: .run), 1),
    ])
    func budgetsAreRead(_ text: String, _ budget: Budget, _ posts: Int) throws {
        #expect(try Budget(parsing: text) == budget)
        #expect(budget.posts(at: .published) == posts)
    }

    @Test func noneIsSaidAloud() throws {
        let budget = try Budget(parsing: "none")
        #expect(budget == .none)
        #expect(budget.posts(at: .published) == nil)
        #expect(budget.explanation(at: .published).contains("every post"))
    }

    @Test(arguments: [
        "", "$", "/day", "50/week", "$50/", "-5", "5 ", "$-5/day", "1.5/day", "$1.2345678", "$1.", "$1.2.3", "1e9",
        "$50/month/day",
        "99999999999999999999", "None", "€5/day", "$99999999999999/day",
    ])
    func otherTextsTeach(_ text: String) {
        let error = #expect(throws: XAPIError.self) { try Budget(parsing: text) }
        #expect(error?.code == .invalidBudget)
        #expect(error?.message.contains("$50/month") == true)
    }

    @Test func whatABudgetBuysIsSaid() throws {
        #expect(
            try Budget(parsing: "$50/month").explanation(at: .published)
                == "budget $50/month: 10000 posts a month, $50 at $0.005 a post"
        )
        #expect(
            try Budget(parsing: "500").explanation(at: .published)
                == "budget 500: 500 posts in this run, $2.50 at $0.005 a post"
        )
    }

    @Test func pricesAreRead() throws {
        #expect(try PostPrice(parsing: "0.005") == .published)
        #expect(try PostPrice(parsing: "$0.01").microdollars == 10_000)
        for text in ["0", "", "free", "0.0000001"] {
            #expect(throws: XAPIError.self) { try PostPrice(parsing: text) }
        }
    }

    @Test func aDayBeginsAnewAtMidnight() throws {
        let noon = try #require(Timestamp(rfc3339: "2026-11-24T12:00:00Z"))
        var budget = BudgetGuard(
            Budget(amount: .posts(10), period: .day),
            price: .published,
            now: noon,
            alreadySpent: 4
        )
        #expect(budget.left == 6)
        budget.count(5, at: noon + .seconds(3_600))
        #expect(budget.left == 1)
        #expect(!budget.isExhausted)
        budget.count(3, at: noon + .seconds(7_200))
        #expect(budget.left == 0)
        #expect(budget.isExhausted)
        budget.count(1, at: noon + .seconds(43_200))
        #expect(budget.left == 9)
        // The clock goes back over midnight: what is counted stays counted.
        budget.count(1, at: noon)
        #expect(budget.left == 8)
    }

    @Test func aMonthLastsOverItsDays() throws {
        let first = try #require(Timestamp(rfc3339: "2026-11-01T00:00:00Z"))
        var budget = BudgetGuard(Budget(amount: .microdollars(50_000), period: .month), price: .published, now: first)
        for day in 0..<9 { budget.count(1, at: first + .seconds(86_400 * day)) }
        #expect(budget.left == 1)
        budget.count(1, at: first + .seconds(86_400 * 30))
        #expect(budget.left == 9)
    }

    @Test func aRunStartsFromNothing() {
        let now = Timestamp(microseconds: 0)
        var budget = BudgetGuard(Budget(amount: .posts(3), period: .run), price: .published, now: now, alreadySpent: 99)
        #expect(budget.left == 3)
        budget.count(3, at: now + .seconds(1 << 40))
        #expect(budget.isExhausted)
        var unlimited = BudgetGuard(.none, price: .published, now: now)
        unlimited.count(1_000_000, at: now)
        #expect(!unlimited.isExhausted)
    }
}
