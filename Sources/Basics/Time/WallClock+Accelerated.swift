internal import Numbers

extension WallClock {
    /// A clock that begins at a time and runs so many times as fast as time does: days pass in minutes.
    ///
    /// - Parameters:
    ///   - factor: 1 is the usual pace; more than zero, and up to 10,000 a clock does not run out within centuries.
    ///   - start: what it shows at first.
    ///   - elapsed: the time since then, never less than before; a stopwatch that starts now unless told otherwise.
    public static func accelerated(
        by factor: Double,
        from start: Timestamp,
        elapsed: (@Sendable () -> Duration)? = nil
    ) -> WallClock {
        let stopwatch = Stopwatch()
        return WallClock {
            let microseconds = Double((elapsed?() ?? stopwatch.elapsed).microseconds) * factor
            return Timestamp(rawValue: start.rawValue.saturatingAdd(Int64(saturating: microseconds)))
        }
    }
}
