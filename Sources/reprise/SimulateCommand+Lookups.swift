internal import Options
internal import Simulator
internal import Time

/// What `reprise simulate` can do beyond the stream.
extension SimulateCommand {
    static let lookups = [
        Option(long: "lookups", help: "Answer lookups and usage too; 60 bytes of memory a post."),
        Option(
            long: "speed",
            value: "N",
            help:
                "How fast days pass and counts grow; the rate of posts stays, and answers carry no Date then. Up to 10000.",
            default: "1"
        ),
        Option(long: "spend-cap", value: "N", help: "Posts charged for until the answer is 402."),
    ]

    static func clock(_ invocation: Invocation) throws -> WallClock {
        let speed = try speed(invocation)
        return speed == 1 ? .system : .accelerated(by: speed, from: WallClock.system.now)
    }

    static func speed(_ invocation: Invocation) throws -> Double {
        let text = invocation.string("speed") ?? "1"
        guard let speed = Double(text), speed > 0, speed <= 10_000 else {
            throw invocation.wrong("speed", text, "a number up to 10000")
        }
        return speed
    }

    static func lookups(_ invocation: Invocation) throws -> LookupSettings? {
        let faults = invocation.strings("fault").filter { $0.hasPrefix(LookupFault.prefix) }
        let cap = try invocation.int("spend-cap")
        guard invocation.flag("lookups") else {
            guard faults.isEmpty, cap == nil else {
                throw UsageError("--spend-cap and faults of lookups need --lookups", command: invocation.path)
            }
            return nil
        }
        guard invocation.string("file") == nil else {
            throw UsageError("--lookups needs made-up posts: leave out --file", command: invocation.path)
        }
        var settings = LookupSettings()
        settings.faults = try faults.map { try LookupFault(parsing: $0) }
        settings.spendCap = cap
        return settings
    }
}
