internal import Foundation

/// Random numbers that a seed repeats (SplitMix64); the seed is printed with every failure that names it.
public struct SeededRandom: RandomNumberGenerator, CustomStringConvertible, Sendable {
    /// What the numbers come from; set REPRISE_TEST_SEED to repeat a run.
    public let seed: UInt64
    private var state: UInt64

    /// Starts from a seed: the given one, REPRISE_TEST_SEED, or one of its own.
    public init(seed: UInt64? = nil) {
        self.seed =
            seed ?? ProcessInfo.processInfo.environment["REPRISE_TEST_SEED"].flatMap(UInt64.init)
            ?? UInt64.random(in: 0...UInt64.max)
        state = self.seed
    }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// What to set to repeat the run.
    public var description: String { "REPRISE_TEST_SEED=\(seed)" }
}
