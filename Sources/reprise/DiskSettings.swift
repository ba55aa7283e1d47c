internal import Journal
internal import Options
internal import Recorder

/// What every command that records shares: how much room it wants on the journal's disk.
enum DiskSettings {
    static let options = [
        Option(
            long: "disk-warning",
            value: "SIZE",
            help: "Warn in the log when less than that is free on the journal's disk; 0 for never.",
            environment: "REPRISE_DISK_WARNING",
            default: "5GB"
        ),
        Option(
            long: "disk-floor",
            value: "SIZE",
            help: "Seal the journal and stop, with exit code 1, when no more than that is free there; 0 for never.",
            environment: "REPRISE_DISK_FLOOR",
            default: "500MB"
        ),
    ]

    /// Watches the file system of a journal's folder.
    static func watch(_ invocation: Invocation, _ directory: String) throws -> RoomWatch {
        try RoomWatch(
            place: directory,
            warning: invocation.bytes("disk-warning") ?? 5_000_000_000,
            floor: invocation.bytes("disk-floor") ?? 500_000_000,
            ask: { try Journal.freeSpace(at: directory) }
        )
    }
}
