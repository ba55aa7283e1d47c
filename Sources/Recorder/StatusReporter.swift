internal import Logging
internal import Time

/// Publishes where the recorder stands: four times a second to whoever watches, once a minute to the log.
final class StatusReporter {
    private static let interval = Duration.milliseconds(250)
    private static let logInterval = Duration.seconds(60)

    private(set) var status = RecorderStatus()
    private let sink: any DeliverySink
    private let limits: RunLimits
    private let hooks: RecorderHooks
    private let logger: Logger
    private let publish: (RecorderStatus) -> Void
    private let monotonic: MonotonicClock
    private var lastReport: MonotonicTime
    private var lastLog: MonotonicTime
    private var loggedRecords = 0

    init(
        sink: any DeliverySink,
        limits: RunLimits,
        hooks: RecorderHooks,
        monotonic: MonotonicClock,
        logger: Logger,
        publish: @escaping (RecorderStatus) -> Void
    ) {
        self.sink = sink
        self.limits = limits
        self.hooks = hooks
        self.monotonic = monotonic
        lastReport = monotonic.now
        lastLog = lastReport
        self.logger = logger
        self.publish = publish
        status.recovery = sink.recovery
    }

    /// Notes another phase, and reports it at once.
    func set(_ phase: RecorderStatus.Phase) {
        status.phase = phase
        report()
    }

    /// A connection was opened and has ended.
    func countConnection(_ end: ConnectionEnd?, hasFragment: Bool) {
        status.connections += 1
        if hasFragment { status.fragments += 1 }
        status.lastEnd = end
        report()
    }

    /// Reports where it is time to.
    func tick(isStreaming: Bool = false) {
        let now = monotonic.now
        if isStreaming && status.phase != .streaming {
            set(.streaming)
        } else if now - lastReport >= Self.interval {
            report()
        }
        if now - lastLog >= Self.logInterval {
            let records = status.counts.records
            logger.info(
                "recording",
                [
                    ("bytes", "\(status.counts.bytes)"), ("records", "\(records)"),
                    ("records_per_minute", "\(Int(Double(records - loggedRecords) * 60 / (now - lastLog).asSeconds))"),
                    ("unsynced_bytes", "\(status.counts.unsyncedBytes)"),
                ] + room
            )
            loggedRecords = records
            lastLog = now
        }
    }

    /// What is known of the disk, for the log.
    private var room: [(String, String)] {
        [
            status.freeBytes.map { ("free_bytes", "\($0)") },
            status.roomLeft.map { ("room_hours", "\(Int($0.asSeconds / 3_600))") },
        ].compactMap { $0 }
    }

    private func report() {
        lastReport = monotonic.now
        status.counts = sink.counts
        status.budgetLeft = limits.budgetLeft
        status.freeBytes = limits.room?.freeBytes
        status.roomLeft = limits.room?.left
        publish(status)
        hooks.onStatus?(status)
    }
}
