import Foundation
import Testing

@testable import XAPI

/// More than 200 spellings of budgets, as people write amounts in several countries: each has one reading or none.
struct BudgetSpellingTests {
    private static let table: [[String]] = {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = tests.appendingPathComponent("Fixtures/budgets.json")
        return (try? JSONDecoder().decode([[String]].self, from: Data(contentsOf: file))) ?? []
    }()

    /// `50 dollars/month`, `2000 posts/day`, `unlimited` or `refused`.
    private func reading(_ text: String) -> String {
        guard let budget = try? Budget(parsing: text) else { return "refused" }
        switch budget.amount {
        case .unlimited: return "unlimited"
        case .posts(let posts): return "\(posts) posts/\(budget.period)"
        case .microdollars(let money):
            let (whole, part) = (money / 1_000_000, money % 1_000_000)
            var decimals = String(String(part + 1_000_000).dropFirst())
            while decimals.hasSuffix("0") { decimals.removeLast() }
            return "\(whole)\(part == 0 ? "" : ".\(decimals)") dollars/\(budget.period)"
        }
    }

    @Test func eachSpellingHasOneReadingOrNone() {
        #expect(Self.table.count >= 200)
        for entry in Self.table {
            #expect(reading(entry[0]) == entry[1], "'\(entry[0])'")
        }
    }

    @Test func eachRefusalSaysWhatToWrite() {
        for entry in Self.table where entry[1] == "refused" {
            let error = #expect(throws: XAPIError.self) { try Budget(parsing: entry[0]) }
            #expect(error?.code == .invalidBudget)
            #expect(
                error?.message.contains("examples: $5/day, $0.50/day, $50/month") == true,
                "\(error?.message ?? "")"
            )
        }
    }

    @Test(arguments: [
        ("$0,50/day", "for decimals write 0.50"), ("$1,5/day", "for decimals write 1.5"),
        ("1.000", "write 1,000 or 1"), ("$1.000/day", "write 1,000 or 1"), ("$12.345/month", "write 12,345 or 12.3450"),
        ("1.5/day", "posts are whole numbers"), ("5$/day", "'$' does not belong there"), ("$50/week", "day or month"),
    ])
    func anAmbiguousSpellingIsToldWithItsReadings(text: String, advice: String) {
        let error = #expect(throws: XAPIError.self) { try Budget(parsing: text) }
        #expect(
            error?.message.contains("'\(text)'") == true && error?.message.contains(advice) == true,
            "\(error?.message ?? "")"
        )
    }

    /// What the two readings are written as is read as that.
    @Test func theAdviceCanBeFollowed() throws {
        #expect(reading("$12,345/month") == "12345 dollars/month")
        #expect(reading("$12.3450/month") == "12.345 dollars/month")
        for text in ["1.000", "0,005", "1,5"] {
            #expect(throws: XAPIError.self) { try PostPrice(parsing: text) }
        }
    }

    @Test func randomAmountsAreReadAsTheyAreWritten() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let money = Int.random(in: 0...(Bool.random() ? 5_000_000 : 5_000_000_000_000), using: &random)
            let (whole, part) = (money / 1_000_000, String(String(money % 1_000_000 + 1_000_000).dropFirst()))
            for separator in ["", ",", "_"] {
                var digits = String(whole)
                var groups: [String] = []
                while digits.count > 3, !separator.isEmpty {
                    groups.insert(String(digits.suffix(3)), at: 0)
                    digits.removeLast(3)
                }
                let text = "$" + ([digits] + groups).joined(separator: separator) + ".\(part)/day"
                #expect(try Budget(parsing: text) == Budget(amount: .microdollars(money), period: .day), "\(text)")
            }
        }
    }
}
