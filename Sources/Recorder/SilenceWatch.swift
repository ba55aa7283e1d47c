internal import Time

/// Tells when nothing has come for too long; pure, with time passed in.
///
/// Deliveries only set a flag, and the tick reads the clock, so that the flow of bytes pays for no clock. Time that the
/// recorder itself spent in a slow journal counts as no silence: bytes that came meanwhile set the flag.
struct SilenceWatch {
    private let limit: Duration
    private var lastSign: MonotonicTime
    private var sawSign = false

    init(limit: Duration, now: MonotonicTime) {
        self.limit = limit
        lastSign = now
    }

    /// Something came.
    mutating func sign() {
        sawSign = true
    }

    /// Whether the silence up to `now` is too long.
    mutating func isTooLong(at now: MonotonicTime) -> Bool {
        if sawSign {
            sawSign = false
            lastSign = now
        }
        return now - lastSign >= limit
    }
}
