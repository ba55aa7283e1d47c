import Testing

@testable import Dashboard

@Suite struct HeadlineTests {
    private func headline(_ cats: Int, _ dogs: Int, other: Int = 0, before: Int = 0) -> String {
        let today = cats + dogs + other
        return Headline.make(sides: [("cats", cats), ("dogs", dogs)], today: today, total: today + before).headline
    }

    @Test func theLeaderAndItsShareOfTodayAreNamed() {
        #expect(headline(63, 37) == "Cats lead: 63 % of today's posts")
        #expect(headline(1, 3) == "Dogs lead: 75 % of today's posts")
        #expect(headline(30, 20, other: 50) == "Cats lead: 30 % of today's posts")
        #expect(headline(5, 0) == "Cats lead: 100 % of today's posts")
    }

    @Test func aTieIsNoLead() {
        let tie = Headline.make(sides: [("cats", 4), ("dogs", 4)], today: 8, total: 8)
        #expect(tie.headline == "Cats and dogs are level: 50 % of today's posts each")
        #expect(tie.leader == nil)
    }

    @Test func daysWithoutPostsSaySo() {
        #expect(headline(0, 0) == "No posts yet")
        #expect(headline(0, 0, before: 1_234) == "No posts yet today")
        #expect(
            Headline.make(sides: [("cats", 0), ("dogs", 0)], today: 0, total: 1_234).detail
                == "1,234 on the days before."
        )
        #expect(headline(0, 0, other: 3) == "Neither cats nor dogs today")
    }

    @Test func aNarrowLeadIsNotRoundedAway() {
        #expect(headline(502, 498) == "Cats lead: 50.2 % of today's posts")
        #expect(headline(5_002, 4_998) == "Cats lead: 50.02 % of today's posts")
        #expect(headline(999, 1) == "Cats lead: 99.9 % of today's posts")
        #expect(Headline.percent(1, of: 1_000, apartFrom: nil) == "0.1 %")
    }

    @Test func theDetailCountsEverySideAndTheRest() {
        let lead = Headline.make(sides: [("cats", 1_200), ("dogs", 800)], today: 2_003, total: 9_999)
        #expect(lead.detail == "Cats 1,200 · Dogs 800 · neither 3 · 2,003 posts today (UTC)")
        #expect(lead.leader == "cats")
    }

    @Test func likesHaveALeaderOfTheirOwn() {
        func byLikes(_ cats: Int, _ dogs: Int, other: Int = 0) -> (headline: String, detail: String, leader: String?) {
            Headline.byLikes(sides: [("cats", cats), ("dogs", dogs)], likes: cats + dogs + other)
        }
        let lead = byLikes(400, 600, other: 1)
        #expect(lead.headline == "By likes, dogs lead: 60 %" && lead.leader == "dogs")
        #expect(lead.detail == "Cats 400 · Dogs 600 · neither 1 · 1,001 likes of all posts, as last read")
        #expect(byLikes(5_002, 4_998).headline == "By likes, cats lead: 50.02 %")
        #expect(byLikes(3, 3).headline == "By likes, cats and dogs are level: 50 % each" && byLikes(3, 3).leader == nil)
        #expect(byLikes(0, 0, other: 1).headline == "Neither cats nor dogs have likes yet")
        #expect(byLikes(0, 0, other: 1).detail.hasSuffix("neither 1 · 1 like of all posts, as last read"))
        #expect(byLikes(0, 0).headline == "No likes yet")
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (-1_234, "-1,234")])
    func thousandsAreGrouped(number: Int, text: String) {
        #expect(Headline.grouped(number) == text)
    }
}

@Suite struct SideTests {
    @Test(arguments: [
        ("cats with images", "cats"), ("Dogs with videos", "dogs"), ("a CAT, asleep", "cats"), ("cats-v-birds", "cats"),
        ("cats and dogs", nil), ("birds", nil), ("", nil), ("category", nil), ("concatenated dogma", nil),
    ])
    func aCategoryCountsForTheSideWhoseWordItHolds(category: String, side: String?) {
        #expect(Side.of(category, among: Side.catsAndDogs)?.name == side)
    }

    @Test func theSidesAreSettings() {
        let sides = [Side(name: "tea", words: ["Tea"]), Side(name: "coffee", words: ["coffee", "espresso"])]
        #expect(Side.of("an espresso", among: sides)?.name == "coffee")
        #expect(Side.of("tea time", among: sides)?.name == "tea")
        #expect(Side.of("cats", among: sides) == nil)
    }
}
