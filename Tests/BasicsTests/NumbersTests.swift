import Numbers
import Options
import Terminal
import Testing
import Time

/// What others wrote may be any number, and what becomes of it has an end.
@Suite struct NumbersTests {
    private static let edges: [Int64] = [.min, .min + 1, -(1 << 32), -1, 0, 1, 1 << 32, .max - 1, .max]

    @Test func sumsDifferencesAndProductsStopAtTheEnds() {
        #expect(Int.max.saturatingAdd(1) == .max && Int.min.saturatingAdd(-1) == .min && (-1).saturatingAdd(3) == 2)
        #expect(Int.min.saturatingSubtract(1) == .min && Int.max.saturatingSubtract(-1) == .max)
        #expect(0.saturatingSubtract(Int.min) == .max && UInt64(3).saturatingSubtract(4) == 0)
        #expect(Int.min.saturatingMultiply(by: -1) == .max && Int.max.saturatingMultiply(by: -2) == .min)
        #expect(UInt64.max.saturatingMultiply(by: 2) == .max && (-3).saturatingMultiply(by: 4) == -12)
        #expect([Int.max, 1, -1].saturatingSum() == .max - 1 && [Int]().saturatingSum() == 0)
        for a in Self.edges {
            for b in Self.edges {
                // By numbers of 128 bits, which hold all of them.
                func clamped(_ exact: Int128) -> Int64 { Int64(clamping: exact) }
                #expect(a.saturatingAdd(b) == clamped(Int128(a) + Int128(b)), "\(a) + \(b)")
                #expect(a.saturatingSubtract(b) == clamped(Int128(a) - Int128(b)), "\(a) - \(b)")
                #expect(a.saturatingMultiply(by: b) == clamped(Int128(a) * Int128(b)), "\(a) * \(b)")
            }
        }
    }

    @Test func anyDoubleBecomesAWholeNumber() {
        let wanted: [(Double, Int64)] = [
            (1.9, 1), (-1.9, -1), (1e300, .max), (-.infinity, .min), (.infinity, .max), (.nan, 0), (0x1p63, .max),
            (-0x1p63, .min), (0x1p53, 1 << 53),
        ]
        for (value, whole) in wanted { #expect(Int64(saturating: value) == whole, "\(value)") }
        #expect(UInt8(saturating: 300) == 255 && UInt8(saturating: -1) == 0)
    }

    @Test func timeHasTwoEnds() {
        let (first, last) = (Timestamp(rawValue: .min), Timestamp(rawValue: .max))
        #expect(last + .seconds(1) == last && first - .seconds(1) == first)
        #expect(last + .seconds(Int64.max) == last && first - .seconds(Int64.max) == first)
        #expect(last - first == .microseconds(Int64.max) && first - last == .microseconds(Int64.min))
        #expect(first.milliseconds == -9_223_372_036_854_776 && first.seconds == -9_223_372_036_855)
        #expect(Timestamp(rawValue: -1).milliseconds == -1 && Timestamp(rawValue: 1_999).milliseconds == 1)
        #expect(Timestamp(milliseconds: .max) == last && Timestamp(milliseconds: first.milliseconds) == first)
        #expect(first.startOfDay == first && first.startOfMonth == first && last.startOfDay < last)
        #expect(first.rfc3339 == "0000-01-01T00:00:00.000000Z" && last.rfc3339 == "9999-12-31T23:59:59.999999Z")
        #expect(Duration.seconds(Int64.max).microseconds == .max && Duration.seconds(Int64.min).microseconds == .min)
        #expect(Duration.saturating(seconds: .infinity) == .microseconds(Int64.max))
        #expect(
            Duration.saturating(seconds: .nan) == .zero && Duration.saturating(seconds: 1.5) == .milliseconds(1_500)
        )
        for a in Self.edges {
            for b in Self.edges {
                let sum = Timestamp(rawValue: a) + .microseconds(b)
                #expect(sum.rawValue == Int64(clamping: Int128(a) + Int128(b)))
                #expect((Timestamp(rawValue: a) - Timestamp(rawValue: b)).microseconds == a.saturatingSubtract(b))
            }
        }
    }

    @Test func acceleratedClocksRunOutAndStop() {
        let clock = WallClock.accelerated(by: 1e4, from: Timestamp(rawValue: 0)) { .seconds(Int64.max) }
        #expect(clock.now == Timestamp(rawValue: .max))
    }

    @Test(arguments: [
        "999999999d", "36501d", "36500d1ms", "99999999999999999999s", "999999999d999999999d999999999d999999999d",
        "876001h", "-1s", "1e9s", "9223372036854775807ms", "1.5h", "d", "",
    ])
    func aTimeOfMoreThanAHundredYearsIsNone(_ text: String) {
        #expect(ValueText.duration(text) == nil)
    }

    @Test func longTimesAreRead() {
        #expect(ValueText.duration("36500d") == .seconds(36_500 * 86_400))
        #expect(ValueText.duration("999999999ms") == .milliseconds(999_999_999))
        #expect(ValueText.duration("999999999s") == .seconds(999_999_999))
        #expect(ValueText.bytes("9223372036854775807") == Int.max)
        for text in ["9223372036854775808", "9223372036854775807K", "8589934592G", "-1"] {
            #expect(ValueText.bytes(text) == nil, "\(text)")
        }
    }

    @Test func whatPeopleReadHasRoomForAnyNumber() {
        #expect(ByteText.size(.max) == "9223372 TB" && ByteText.size(.min).hasSuffix(" B"))
        #expect(
            DurationText.short(.seconds(Int64.max)).hasSuffix("h") && DurationText.short(.seconds(Int64.min)) == "0s"
        )
        #expect(DurationText.estimate(.seconds(Int64.max)) == "over 1000 d")
        for total in [nil, 0, 1, Int.max] {
            for done in [0, 1, Int.max] {
                var progress = Progress(total: total)
                progress.add(done: done, at: .nanoseconds(1))
                progress.add(done: 0, at: .nanoseconds(2))
                #expect(!progress.text.isEmpty)
                progress.add(done: done, at: .seconds(1))
                #expect(progress.text.contains("/s"))
            }
        }
    }
}
