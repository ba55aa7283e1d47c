internal import HTTPClient
internal import Time
internal import XAPI

/// What X's clock says, learnt from the `Date` of its answers, and carried on by a clock that nobody sets.
///
/// This machine's own clock may step in the middle of a pass; on which day X bills must not follow it.
struct XTime {
    private var learnt: (time: Timestamp, steady: Duration)?

    /// A clock that is further off makes ages and days meaningless.
    static let limit = Duration.seconds(3_600)

    /// How far X's clock is ahead of this machine's; nil before X has said its time.
    func ahead(of here: Timestamp, steady: Duration) -> Duration? {
        learnt.map { $0.time + (steady - $0.steady) - here }
    }

    /// Learns from an answer that came just now; nothing where its date is missing or written in an unknown way.
    ///
    /// - Parameter steady: monotone time.
    /// - Throws: `RefresherError`: `clockWrong` where the clocks are more than an hour apart.
    mutating func learn(_ date: String?, at here: Timestamp, steady: Duration) throws {
        guard let date, let time = HTTPDate.timestamp(date) else { return }
        let difference = time - here
        guard (.zero - XTime.limit...XTime.limit).contains(difference) else {
            throw RefresherError(
                .clockWrong,
                "this machine's clock says \(here.rfc3339), X's says \(time.rfc3339): no telling what is due and on which day it "
                    + "is paid; set the clock right"
            )
        }
        // The field has whole seconds, and an answer takes its time.
        let isRight = (Duration.seconds(-2)...Duration.seconds(2)).contains(difference)
        learnt = (isRight ? here : time, steady)
    }
}
