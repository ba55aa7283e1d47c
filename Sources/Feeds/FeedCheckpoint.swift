internal import Journal
internal import Sinks

/// The name of the checkpoint that a feed resumes from.
enum FeedCheckpoint {
    /// A name for a sink that nobody names: its kind, and a digest (FNV-1a, 64 bits) of what it is known by.
    static func own(_ key: String) -> String {
        let digest = key.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return "\(key.prefix { $0 != ":" })-\(String(digest, radix: 16))"
    }

    /// The name for one of the sinks of a replay with `--checkpoint`.
    ///
    /// One sink alone has the name as it was given, several have their own behind it. A sink keeps the checkpoint that it began
    /// with, so others may come and go beside it.
    ///
    /// - Parameter key: what a sink's own name is made of: its identity, of a file its place.
    static func resolve(
        _ name: String,
        key: String,
        identity: String,
        isAlone: Bool,
        in journal: Journal,
        isStopped: @escaping () -> Bool
    ) throws -> String {
        let own = "\(name)-\(own(key))"
        if try Checkpoint.sink(of: own, in: journal, isStopped: isStopped) != nil { return own }
        if isAlone { return name }
        return try Checkpoint.sink(of: name, in: journal, isStopped: isStopped) == identity ? name : own
    }
}
