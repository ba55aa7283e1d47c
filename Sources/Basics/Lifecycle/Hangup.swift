internal import Glibc
internal import Synchronization

/// The meaning of SIGHUP: with a controlling terminal it is a stop, as SIGTERM is; without one, it asks to reopen files.
///
/// The kernel and shells send SIGHUP when a terminal goes; to a daemon, logrotate(8) and people send it when files were
/// renamed. What counts is whether the process had a controlling terminal, `/dev/tty`, when SIGHUP was first handled:
/// redirected streams of a shell's job change nothing, and a terminal that a daemon merely writes to is none.
public enum Hangup {
    private static let requests = Atomic<Int>(0)

    /// How often this process was asked to reopen its files; stays 0 where SIGHUP is a stop.
    ///
    /// A part that writes to a file compares it before each batch with the value that it saw when it opened the file.
    /// From any thread.
    public static var count: Int { requests.load(ordering: .acquiring) }

    /// Handles SIGHUP from now on and for the life of the process, unless it is ignored, as under nohup(1).
    ///
    /// It is not handed back at the end of a registration: a terminal's second SIGHUP would end the process while it closes.
    static func install() {
        // Made before any handler can run, so that the handler never runs an initialiser.
        _ = count
        var previous = sigaction()
        sigaction(SIGHUP, nil, &previous)
        guard unsafeBitCast(previous.__sigaction_handler.sa_handler, to: Int.self) != ignored else { return }
        if hasControllingTerminal() {
            SignalPipe.handle(SIGHUP) { number in SignalPipe.forward(number) }
        } else {
            SignalPipe.handle(SIGHUP) { _ in Hangup.requests.add(1, ordering: .releasing) }
        }
    }

    /// SIG_IGN as a number, to compare a function pointer with.
    private static let ignored = 1

    private static func hasControllingTerminal() -> Bool {
        // O_NONBLOCK: the open of a serial line would wait for its carrier.
        let descriptor = open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        close(descriptor)
        return true
    }
}
