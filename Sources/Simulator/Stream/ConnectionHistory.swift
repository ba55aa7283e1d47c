internal import Time

/// The newest connections of the stream, as X remembers them.
struct ConnectionHistory: Sendable {
    struct Entry: Sendable {
        let number: Int
        /// A UUID.
        let id: String
        /// The client's address, without port.
        let client: String
        let opened: Timestamp
        var closed: Timestamp?
        var reason: String?
    }

    private static let limit = 1_000

    /// The oldest first.
    private(set) var entries: [Entry] = []

    mutating func open(_ number: Int, client: String, at time: Timestamp) {
        if entries.count == Self.limit { entries.removeFirst() }
        entries.append(
            Entry(number: number, id: Self.id(number, time), client: Self.address(of: client), opened: time)
        )
    }

    /// Notes the end of a connection; the first one counts.
    mutating func close(_ number: Int, why reason: String, at time: Timestamp) {
        guard let index = entries.lastIndex(where: { $0.number == number }), entries[index].closed == nil else {
            return
        }
        entries[index].closed = time
        entries[index].reason = reason
    }

    private static func id(_ number: Int, _ time: Timestamp) -> String {
        let words = [UInt64(bitPattern: time.rawValue), UInt64(number)].map { word -> String in
            let digits = String(SeededGenerator.mixed(word), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        let digits = words.joined()
        var groups: [Substring] = []
        var rest = digits[...]
        for length in [8, 4, 4, 4, 12] {
            groups.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return groups.joined(separator: "-")
    }

    private static func address(of remote: String) -> String {
        let host = remote.lastIndex(of: ":").map { remote[..<$0] } ?? remote[...]
        return String(host.filter { $0 != "[" && $0 != "]" })
    }
}
