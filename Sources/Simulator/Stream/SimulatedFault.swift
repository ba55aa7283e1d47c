/// A fault as data: on which connection it strikes, where, and what happens.
///
/// Connections are numbered from 1, in the order in which they were let in or refused by a fault; connections refused for
/// other reasons have no number.
public struct SimulatedFault: Equatable, Sendable {
    /// What happens.
    public enum Kind: Equatable, Sendable {
        /// Nothing more is sent, keep-alives included; the socket stays open.
        case stall
        /// The connection is closed inside a record: the record `position` counts to is half sent.
        case cut
        /// The TCP connection is reset.
        case reset
        /// The answer ends in order.
        case close
        /// X's disconnect object is sent, then the answer ends in order.
        case disconnect
        /// The connection is answered with that HTTP status instead of a stream.
        case refuse(status: Int)
    }

    /// Where in a connection's stream it happens.
    public enum Position: Equatable, Sendable {
        /// After that many whole records; with `cut`, inside the last of them.
        case records(Int)
        /// After exactly that many bytes, wherever in a record they end.
        case bytes(Int)
    }

    /// The connection's number; nil means each.
    public let connection: Int?
    /// What happens.
    public let kind: Kind
    /// Where; means nothing where the connection is refused.
    public let position: Position

    /// Makes a fault.
    public init(connection: Int?, kind: Kind, position: Position = .records(0)) {
        self.connection = connection
        self.kind = kind
        self.position = position
    }

    /// Reads a fault as the command line has it: `2:cut@100`, `stall@5000B`, `*:reset@10`, `429@3`.
    ///
    /// In front the connection's number (none: the first; `*`: each), then the kind, then after `@` the number of records, or
    /// of bytes with a `B`. For a status (`429`, `503`, any from 400 to 599) the number after `@` is the connection's.
    ///
    /// - Throws: `SimulatorError` with code `.badFault`.
    public init(parsing text: String) throws(SimulatorError) {
        func failure(_ why: String) -> SimulatorError {
            SimulatorError(
                code: .badFault,
                message: "fault \"\(text)\": \(why); faults look like 2:cut@100, stall@5000B, *:reset@10 or 429@3"
            )
        }
        var rest = text[...]
        var connection: Int? = 1
        let isNumbered = rest.contains(":")
        if let colon = rest.firstIndex(of: ":") {
            let number = rest[..<colon]
            connection = number == "*" ? nil : Int(number)
            guard number == "*" || (connection ?? 0) > 0 else { throw failure("\"\(number)\" is no connection") }
            rest = rest[rest.index(after: colon)...]
        }
        let parts = rest.split(separator: "@", omittingEmptySubsequences: false)
        if let status = Int(parts[0]), (400...599).contains(status) {
            if isNumbered, parts.count == 1 {
                self.init(connection: connection, kind: .refuse(status: status))
                return
            }
            guard !isNumbered, parts.count == 2, let number = Int(parts[1]), number > 0 else {
                throw failure("a status needs the number of a connection")
            }
            self.init(connection: number, kind: .refuse(status: status))
            return
        }
        let kinds: [Substring: Kind] = [
            "stall": .stall, "cut": .cut, "reset": .reset, "close": .close, "disconnect": .disconnect,
        ]
        guard let kind = kinds[parts[0]] else { throw failure("\"\(parts[0])\" is no fault") }
        guard parts.count == 2 else { throw failure("it does not say where") }
        let isBytes = parts[1].hasSuffix("B")
        guard let count = Int(isBytes ? parts[1].dropLast() : parts[1]), count >= (kind == .cut && !isBytes ? 1 : 0)
        else {
            throw failure("\"\(parts[1])\" is no place")
        }
        self.init(connection: connection, kind: kind, position: isBytes ? .bytes(count) : .records(count))
    }

    /// Whether it strikes that connection.
    func strikes(_ number: Int) -> Bool {
        connection == nil || connection == number
    }
}
