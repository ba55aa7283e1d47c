internal import Glibc

/// Turns the process's signals into requests to stop.
public enum Signals {
    /// How close together two signals count as one: `timeout` and terminals may send the same one twice at once.
    public static let sameSignalWindow: Duration = .milliseconds(200)

    /// The exit status of a process that a second signal ended at once.
    public static let impatientExitStatus: CInt = 130

    /// The signals that stop a long-lived command in order: SIGINT, SIGTERM and SIGHUP, see `Hangup`.
    public static let stopSignals: [CInt] = [SIGINT, SIGTERM, SIGHUP]

    /// Requests a shutdown when one of the signals arrives; a second signal ends the process at once with 130.
    ///
    /// SIGHUP is never a second signal: when a terminal goes, the kernel and the shell both send it, perhaps seconds apart.
    /// Without a controlling terminal it requests nothing and is counted in `Hangup.count`. Where it was ignored when the
    /// process started (nohup(1)) it stays ignored.
    ///
    /// Works for signals delivered to any thread, whenever it was started. Holds until the registration is cancelled.
    ///
    /// - Returns: the registration; it may be dropped, and then holds for the life of the process.
    @discardableResult
    public static func requestOn(_ signals: [CInt], _ shutdown: ShutdownSignal) -> SignalRegistration {
        SignalRegistration(signals, shutdown)
    }
}
