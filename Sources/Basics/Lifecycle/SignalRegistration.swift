internal import Glibc
internal import Synchronization

/// A standing order that some signals request a shutdown.
public final class SignalRegistration: Sendable {
    private struct Entry {
        let signals: [CInt]
        let shutdown: ShutdownSignal
    }

    private struct Registry {
        var nextID = 0
        var entries: [Int: Entry] = [:]
        var isWatching = false
        var handlesHangup = false
        var previous: [CInt: sigaction] = [:]
    }

    private static let registry = Mutex(Registry())
    private let id: Int

    init(_ signals: [CInt], _ shutdown: ShutdownSignal) {
        id = Self.registry.withLock { registry in
            let id = registry.nextID
            registry.nextID += 1
            if registry.entries.isEmpty { SignalPipe.firstArrival.store(0, ordering: .relaxed) }
            registry.entries[id] = Entry(signals: signals, shutdown: shutdown)
            if !registry.isWatching { registry.isWatching = Self.startWatching() }
            for signal in signals {
                if signal == SIGHUP {
                    if !registry.handlesHangup { Hangup.install() }
                    registry.handlesHangup = true
                } else if registry.previous[signal] == nil {
                    registry.previous[signal] = SignalPipe.install(signal)
                }
            }
            return id
        }
    }

    /// Ends the order; signals that nobody else has registered for do again what they did before, all but SIGHUP.
    public func cancel() {
        Self.registry.withLock { registry in
            guard let entry = registry.entries.removeValue(forKey: id) else { return }
            for signal in entry.signals where !registry.entries.values.contains(where: { $0.signals.contains(signal) })
            {
                guard var previous = registry.previous.removeValue(forKey: signal) else { continue }
                sigaction(signal, &previous, nil)
            }
        }
    }

    private static func startWatching() -> Bool {
        guard let readEnd = SignalPipe.open() else { return false }
        let thread = try? WorkerThread(name: "signals", stackByteCount: 512 << 10) {
            var number: UInt8 = 0
            while true {
                let count = read(readEnd, &number, 1)
                if count == 1 { deliver(CInt(number)) } else if count == 0 || errno != EINTR { return }
            }
        }
        return thread != nil
    }

    private static func deliver(_ signal: CInt) {
        let due = registry.withLock { registry in
            registry.entries.sorted { $0.key < $1.key }.map(\.value).filter { $0.signals.contains(signal) }
        }
        for entry in due { entry.shutdown.request() }
    }
}
