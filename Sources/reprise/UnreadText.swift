internal import Journal
internal import Time

/// How a command says that a part of the journal could not be read.
enum UnreadText {
    /// How many bytes, where, and from when to when.
    static func sentence(_ unread: UnreadBytes) -> String {
        let places = unread.gaps == 1 ? "1 gap" : "\(unread.gaps) gaps"
        let from = unread.from?.rfc3339 ?? "the beginning"
        let bytes = unread.bytes == 0 ? "an unknown number of bytes" : "\(unread.bytes) bytes"
        return "\(places): \(bytes) are missing or damaged, from \(from) to \(unread.to?.rfc3339 ?? "the end"); "
            + "'reprise journal verify' says where"
    }

    /// The times as members of a JSON object; none where nothing is missing.
    static func times(_ unread: UnreadBytes) -> [(String, EventValue)] {
        [
            unread.from.map { ("unread_from", .string($0.rfc3339)) },
            unread.to.map { ("unread_to", .string($0.rfc3339)) },
        ]
        .compactMap { $0 }
    }
}
