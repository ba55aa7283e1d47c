internal import Journal
internal import Options

/// Which checkpoint a sink goes on from.
enum CheckpointName {
    /// A name for a sink that gets one by itself: its kind, and a digest of its identity.
    static func own(_ identity: String) -> String {
        let digest = identity.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return "\(identity.prefix { $0 != ":" })-\(String(digest, radix: 16))"
    }

    /// The name for one of the sinks of a replay with `--checkpoint`.
    ///
    /// One sink alone has the name as it was given, several have theirs behind it. Whatever a sink was begun with it keeps, so
    /// that others may come and go beside it.
    static func resolve(_ name: String, for identity: String, isAlone: Bool, in journal: Journal) throws -> String {
        let own = "\(name)-\(own(identity))"
        if try Checkpoint.sink(of: own, in: journal) != nil { return own }
        return try isAlone || Checkpoint.sink(of: name, in: journal) == identity ? name : own
    }

    /// Checks that names with a sink's own behind them are not too long, before any sink is opened.
    static func check(_ name: String, _ invocation: Invocation) throws {
        // A kind, two dashes and sixteen digits are added, 64 are allowed.
        guard name.utf8.count <= 33 else {
            throw UsageError(
                "with several sinks the name of --checkpoint has 33 characters at most: each sink's own goes behind it",
                command: invocation.path
            )
        }
    }
}
