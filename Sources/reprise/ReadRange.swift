internal import Journal
internal import Options
internal import Time

/// `--source`, `--from` and `--to` as a range of one source.
struct ReadRange {
    private(set) var source: SourceName?
    private(set) var start = ReadStart.beginning
    private(set) var end = ReadEnd.now

    static let from = Option(
        long: "from",
        value: "WHEN",
        help: "Where to start, inclusive: RFC 3339 (UTC where it has no zone), -2h, or source:offset."
    )
    static let to = Option(
        long: "to",
        value: "WHEN",
        help: "Where to stop, exclusive: as --from."
    )

    /// Whether an end of it is an offset, which means something in one source alone.
    var isByOffset: Bool {
        if case .offset = start { return true }
        if case .offset = end { return true }
        return false
    }

    init(_ invocation: Invocation, clock: WallClock) throws {
        if let text = invocation.string("source") {
            guard let name = SourceName(rawValue: text) else {
                throw invocation.wrong("source", text, "a source's name, filtered for example")
            }
            source = name
        }
        if let text = invocation.string("from") {
            if let time = ReadRange.time(text, clock) {
                start = .time(time)
            } else {
                start = .offset(try position(text, "from", invocation).offset)
            }
        }
        if let text = invocation.string("to") {
            if let time = ReadRange.time(text, clock) {
                end = .time(time)
            } else {
                end = .offset(try position(text, "to", invocation).offset)
            }
        }
        let isImpossible =
            switch (start, end) {
            case (.time(let first), .time(let last)): first >= last
            case (.offset(let first), .offset(let last)): first >= last
            case (_, .offset(let last)): last == .zero
            default: false
            }
        guard !isImpossible else {
            throw UsageError("--from is not before --to, so nothing is between them", command: invocation.path)
        }
    }

    /// Throws where the range begins behind everything that was recorded: an output would be replaced by nothing.
    func check(against journal: Journal, _ sources: [SourceName], _ invocation: Invocation) throws {
        var newest: Timestamp?
        for source in sources {
            let end = try journal.endOffset(of: source)
            let first: ByteOffset
            switch start {
            case .beginning: return
            case .offset(let offset): first = offset
            case .time(let time): first = try journal.offset(of: time, in: source)
            }
            if first < end || end == .zero && sources.count == 1 { return }
            newest = [newest, try journal.summary(of: source).lastArrival].compactMap { $0 }.max()
        }
        let text = newest.map { "; the newest arrived at \($0.rfc3339)" } ?? ""
        throw UsageError("nothing was recorded at or after --from\(text)", command: invocation.path)
    }

    /// RFC 3339, or how long ago: `-2h`.
    static func time(_ text: String, _ clock: WallClock) -> Timestamp? {
        if text.hasPrefix("-") { return ValueText.duration(String(text.dropFirst())).map { clock.now - $0 } }
        return Timestamp(rfc3339: text)
    }

    private mutating func position(_ text: String, _ long: String, _ invocation: Invocation) throws -> JournalPosition {
        guard let position = JournalPosition(text) else {
            throw invocation.wrong(
                long,
                text,
                "a time (2026-11-24T08:33:00Z, 2026-11-24, or -2h) or source:offset (filtered:4096)"
            )
        }
        guard source == nil || source == position.source else {
            throw UsageError("--\(long) names another source than the rest", command: invocation.path)
        }
        source = position.source
        return position
    }
}
