import Journal
import Recorder
import Synchronization

/// Keeps what a recorder writes, and fails on demand.
final class MemorySink: DeliverySink {
    struct Full: Error, CustomStringConvertible { let description = "the disk is full" }

    struct Event {
        let offset: Int
        let kind: String
        let fields: [(String, EventValue)]

        /// A field as text without quotes; empty where it is missing.
        func field(_ name: String) -> String {
            guard let value = fields.first(where: { $0.0 == name })?.1 else { return "" }
            if case .string(let text) = value { return text }
            return String(decoding: value.json, as: UTF8.self)
        }
    }

    struct State {
        var bytes: [UInt8] = []
        var deliveries: [Int] = []
        var events: [Event] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let byteLimit: Int

    init(byteLimit: Int = .max) {
        self.byteLimit = byteLimit
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws {
        try state.withLock {
            guard $0.bytes.count + bytes.count <= byteLimit else { throw Full() }
            $0.bytes += bytes
            $0.deliveries.append(bytes.count)
        }
    }

    func append(event kind: String, fields: [(String, EventValue)]) throws {
        state.withLock { $0.events.append(Event(offset: $0.bytes.count, kind: kind, fields: fields)) }
    }

    func close() throws {
        state.withLock { $0.isClosed = true }
    }

    var counts: DeliveryCounts {
        state.withLock { state in
            let text = String(decoding: state.bytes, as: UTF8.self)
            let lines = text.split(separator: "\r\n", omittingEmptySubsequences: true)
            let ended = text.hasSuffix("\r\n") ? lines.count : max(0, lines.count - 1)
            return DeliveryCounts(bytes: state.bytes.count, records: ended)
        }
    }

    var byteCount: Int { state.withLock { $0.bytes.count } }
    var text: String { state.withLock { String(decoding: $0.bytes, as: UTF8.self) } }
    var events: [Event] { state.withLock { $0.events } }
    var kinds: [String] { events.map(\.kind) }
    var isClosed: Bool { state.withLock { $0.isClosed } }
}
