internal import Lifecycle
internal import Logging
internal import Options
internal import Recorder

/// `reprise record`: the capture daemon.
enum RecordCommand {
    static let command = Command(
        name: "record",
        summary: "Record the filtered stream into the journal, exactly as it arrives.",
        discussion: [
            "The bearer token comes from BEARER_TOKEN or --token-file, never from the command line. A stream that ends or "
                + "falls silent is connected again, at the pace that X asks for. SIGINT, SIGTERM and the end of its "
                + "terminal stop the recording in order: the stream is closed and the journal sealed within five seconds. "
                + "Without a terminal SIGHUP only reopens files.",
            "X bills every post it delivers, so recording X itself needs --budget. Posts are counted from the start of the "
                + "day or month, UTC, with those that the journal holds already; the recording ends when nothing more fits. "
                + "What is under way then may still be billed.",
            "A journal that is damaged where the recording continues is repaired first, as 'reprise journal repair' does; what "
                + "was rescued and what is gone stands in the log, and the exit status is 3 where anything is gone.",
        ],
        examples: [
            (
                "reprise record --rules data/rules/cats-v-dogs.yaml --budget '$5/day'",
                "cats and dogs, up to 1000 posts a day"
            ),
            ("reprise record --budget 500 --stop-after 10m", "500 posts or ten minutes"),
            ("X_API_URL=http://127.0.0.1:8081 reprise record --once", "one connection to the simulator, to its end"),
        ],
        options: Context.common + XSettings.options + RecorderSetup.options + [
            Option(
                long: "once",
                help:
                    "Record one connection to its end, then exit: 0, or 3 where it broke off or ended inside a record."
            )
        ],
        run: { invocation in
            let line = RecordStatusLine.ifWatched(invocation)
            let logger = try Context.logger(invocation).labelled("recorder")
            let once = invocation.flag("once")
            let recorder = try RecorderSetup.make(
                invocation,
                once: once,
                logger: logger,
                onStatus: line.map { $0.show }
            )
            let shutdown = ShutdownSignal()
            let registration = Signals.requestOn(Signals.stopSignals, shutdown)
            defer { registration.cancel() }
            try recorder.run(shutdown)
            let status = recorder.status
            let recovery = status.recovery
            logger.notice(
                "recorded",
                [
                    ("bytes", "\(status.counts.bytes)"), ("records", "\(status.counts.records)"),
                    ("connections", "\(status.connections)"), ("fragments", "\(status.fragments)"),
                ]
                    + (recovery == .init()
                        ? []
                        : [
                            ("rescued_bytes_at_start", "\(recovery.rescuedBytes)"),
                            ("lost_bytes_at_start", "\(recovery.lostBytes)"), ("gaps_at_start", "\(recovery.gaps)"),
                        ])
            )
            if recovery.gaps > 0 { return .lossy }
            return once && (status.lastEnd?.isLossy == true || status.fragments > 0) ? .lossy : .done
        }
    )
}
