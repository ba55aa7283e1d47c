import Terminal
import Testing

@Suite struct TerminalTests {
    @Test func progressTellsShareRateAndTimeLeft() {
        var progress = Progress(total: 1_000_000_000)
        progress.add(done: 0, at: .seconds(0))
        progress.add(done: 250_000_000, at: .seconds(1))
        #expect(progress.text == "25 %, 250 MB of 1.0 GB, 250 MB/s, 3s left")
        progress.add(done: 1_000_000_000, at: .seconds(4))
        #expect(progress.text == "100 %, 1.0 GB of 1.0 GB, 250 MB/s")
        var endless = Progress(total: nil)
        endless.add(done: 0, at: .seconds(0))
        endless.add(done: 1_500, at: .seconds(1))
        #expect(endless.text == "1.5 kB, 1.5 kB/s")
    }

    /// A burst at the start is over soon, and a rate that changes is right four seconds later.
    @Test func theRateIsThatOfTheLastFourSeconds() {
        var rate = MovingRate()
        #expect(rate.perSecond == 0)
        rate.add(1_000, at: .zero)
        #expect(rate.perSecond == 0)
        for tick in 1...200 { rate.add(1_000 + 10 * tick, at: .milliseconds(10 * tick)) }
        #expect(abs(rate.perSecond - 1_000) < 1)
        for tick in 1...410 { rate.add(3_000 + tick, at: .milliseconds(2_000 + 10 * tick)) }
        #expect(abs(rate.perSecond - 100) < 1)
        for tick in 1...41 { rate.add(3_410, at: .milliseconds(6_100 + 100 * tick)) }
        #expect(rate.perSecond == 0)
    }

    @Test func whatIsDoneAtTheFirstLookCountsForTheRate() {
        var progress = Progress(total: 4_000_000)
        progress.add(done: 1_000_000, at: .seconds(1))
        #expect(progress.text == "25 %, 1.0 MB of 4.0 MB, 1.0 MB/s, 3s left")
    }

    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1_234, "1.2 kB"), (999_499, "999 kB"), (999_500, "1.0 MB"), (99_949, "99.9 kB"),
        (99_950, "100 kB"),
        (123_456_789, "123 MB"), (5_000_000_000_000, "5.0 TB"),
    ])
    func sizesAreShort(bytes: Int, text: String) {
        #expect(ByteText.size(bytes) == text)
    }

    @Test(arguments: [(3, "3s"), (260, "4m 20s"), (7_500, "2h 5m"), (273_600, "3d 4h")])
    func timesAreShort(seconds: Int, text: String) {
        #expect(DurationText.short(.seconds(seconds)) == text)
    }

    @Test(arguments: [
        (-5.0, "0 min"), (2_459, "40 min"), (7_199, "119 min"), (7_200, "2 h"), (150_000, "41 h"), (359_999, "99 h"),
        (360_000, "4 d"), (86_400_000, "1000 d"), (1e18, "over 1000 d"),
    ])
    func estimatesHaveOneUnit(seconds: Double, text: String) {
        #expect(DurationText.estimate(.seconds(seconds)) == text)
    }
}
