internal import Foundation

/// A terminal whose keyboard and screen are a test's: pty(7).
public final class PseudoTerminal: Sendable {
    /// Where programs open it.
    ///
    /// A process that leads a session without a terminal gets it as its controlling terminal.
    public let path: String
    private let master: CInt

    /// - Throws: `POSIXError`.
    public init() throws {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var number: CInt = 0
        var locked: CInt = 0
        // TIOCGPTN and TIOCSPTLCK of ioctl_tty(2), which Swift does not import.
        guard master >= 0, ioctl(master, 0x8004_5430, &number) == 0, ioctl(master, 0x4004_5431, &locked) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        path = "/dev/pts/\(number)"
    }

    /// Its window closes: programs on it get SIGHUP.
    deinit { close(master) }

    /// Stops its output as Ctrl-S does it.
    public func freeze() throws {
        let side = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        defer { close(side) }
        guard side >= 0, tcflow(side, TCOOFF) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }
}
