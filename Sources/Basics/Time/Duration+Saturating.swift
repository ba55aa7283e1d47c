internal import Numbers

extension Duration {
    /// Whole microseconds, cut off towards zero; clamped to about 292,000 years.
    public var microseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds.saturatingMultiply(by: 1_000_000).saturatingAdd(attoseconds / 1_000_000_000_000)
    }

    /// Seconds as a floating-point number, for rates and for people.
    public var asSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    /// A number of seconds that was reckoned, of a rate for example; clamped to about 292,000 years, zero for what is no number.
    public static func saturating(seconds: Double) -> Duration {
        .microseconds(Int64(saturating: seconds * 1_000_000))
    }
}
