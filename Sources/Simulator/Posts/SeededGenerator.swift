/// Random numbers that depend on a seed alone: xoshiro256**, its state filled by SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var s0: UInt64
    private var s1: UInt64
    private var s2: UInt64
    private var s3: UInt64

    init(seed: UInt64) {
        var state = seed
        func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            return SeededGenerator.mixed(state)
        }
        s0 = next()
        s1 = next()
        s2 = next()
        s3 = next()
    }

    /// SplitMix64's output function: a number that looks random and depends on the argument alone.
    static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func next() -> UInt64 {
        func rotated(_ x: UInt64, _ k: UInt64) -> UInt64 { x << k | x >> (64 - k) }
        let result = rotated(s1 &* 5, 7) &* 9
        let t = s1 << 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= t
        s3 = rotated(s3, 45)
        return result
    }

    /// A number in `0..<limit`; the tiny bias of multiplying instead of rejecting does not matter here.
    mutating func index(below limit: Int) -> Int {
        Int(UInt64(limit).multipliedFullWidth(by: next()).high)
    }

    /// True so many times in a thousand.
    mutating func happens(perMille: Int) -> Bool {
        index(below: 1_000) < perMille
    }

    /// A number in `0..<1`.
    mutating func unit() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// A count that is small as a rule and large at times: at least so much with a chance that falls as its reciprocal.
    mutating func longTail(limit: Int) -> Int {
        min(Int(1 / max(unit(), 1e-9)), limit)
    }
}
