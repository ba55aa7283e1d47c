internal import CMicroHTTPD
internal import Glibc
internal import Synchronization

/// The open connections of a server: what each does and since when, so that none takes for ever and no client takes all.
///
/// libmicrohttpd's own time limit begins again with every byte, and at its limit of connections it accepts nobody. Here a connection
/// is closed by shutdown(2): libmicrohttpd's thread then sees its end, and cleans up.
final class ConnectionTable: Sendable {
    /// What a connection does.
    enum Phase {
        /// It is waited for a request, or for the rest of its head.
        case head
        /// It is waited for the request's body.
        case body
        /// A whole response is sent.
        case response
        /// A streamed response is sent.
        case stream
        /// It was shut down, and is about to go.
        case closing
    }

    private struct Entry {
        let descriptor: CInt
        let client: String
        var phase = Phase.head
        var since: ContinuousClock.Instant
    }

    private let limits: HTTPServerLimits
    /// By the address of libmicrohttpd's connection.
    ///
    /// An entry goes before its descriptor is closed, so that no other file is shut down.
    private let entries = Mutex<[UInt: Entry]>([:])

    init(limits: HTTPServerLimits) {
        self.limits = limits
    }

    /// Takes a new connection in; where it is one too many, the one that has waited longest is closed, or this one where all are streams.
    func opened(_ connection: OpaquePointer) {
        let descriptor = reprise_mhd_descriptor(connection)
        let client = reprise_mhd_peer(connection).map { clientName($0) } ?? ""
        entries.withLock { entries in
            var entry = Entry(descriptor: descriptor, client: client, since: .now)
            for (limit, isOfClient) in [(limits.connectionsPerClient, true), (limits.connectionCount, false)] {
                let open = entries.filter {
                    $0.value.phase != .closing && (!isOfClient || $0.value.client == client)
                }
                guard open.count >= limit, entry.phase != .closing else { continue }
                switch Self.toClose(of: open) {
                case .one(let key): entries[key] = entries[key].map(Self.shutDown)
                case .noneYet: break
                case .never: entry = Self.shutDown(entry)
                }
            }
            entries[UInt(bitPattern: connection)] = entry
        }
    }

    /// Notes what a connection does from now on.
    func set(_ connection: OpaquePointer, _ phase: Phase) {
        entries.withLock { entries in
            let key = UInt(bitPattern: connection)
            guard let entry = entries[key], entry.phase != .closing else { return }
            entries[key]?.phase = phase
            entries[key]?.since = .now
        }
    }

    /// Forgets a connection whose descriptor is about to be closed.
    func closed(_ connection: OpaquePointer) {
        entries.withLock { $0[UInt(bitPattern: connection)] = nil }
    }

    /// Closes the connections that have taken too long for what they do.
    func closeOverdue() {
        let now = ContinuousClock.now
        entries.withLock { entries in
            for (key, entry) in entries {
                guard let limit = limit(of: entry.phase), now - entry.since > limit else { continue }
                entries[key] = Self.shutDown(entry)
            }
        }
    }

    // MARK: - Internal

    private func limit(of phase: Phase) -> Duration? {
        switch phase {
        case .head: limits.headTimeout
        case .body, .response: limits.transferTimeout
        case .stream, .closing: nil
        }
    }

    private enum Choice {
        case one(UInt)
        /// A moment later there is one; until then there is one more, and libmicrohttpd's own limit bounds how many.
        case noneYet
        /// All are streams.
        case never
    }

    /// Which to close for a new one: first those that wait for a request and have sent nothing that is not read yet,
    /// then those that are served; never a stream.
    ///
    /// In each group, the one that has waited longest.
    private static func toClose(of entries: [UInt: Entry]) -> Choice {
        func oldest(_ entries: some Sequence<(key: UInt, value: Entry)>) -> UInt? {
            entries.min { $0.value.since < $1.value.since }?.key
        }
        let waiting = entries.filter { $0.value.phase == .head }
        if let key = oldest(waiting.filter { !hasUnreadBytes($0.value.descriptor) }) { return .one(key) }
        guard waiting.isEmpty else { return .noneYet }
        return oldest(entries.filter { $0.value.phase != .stream }).map { .one($0) } ?? .never
    }

    /// Whether bytes have come that nobody has read: ioctl_tty(2), FIONREAD.
    private static func hasUnreadBytes(_ descriptor: CInt) -> Bool {
        var count: CInt = 0
        return ioctl(descriptor, UInt(FIONREAD), &count) == 0 && count > 0
    }

    private static func shutDown(_ entry: Entry) -> Entry {
        shutdown(entry.descriptor, CInt(SHUT_RDWR))
        var entry = entry
        entry.phase = .closing
        return entry
    }
}

/// Whom an address belongs to, as far as limits for a client go: an IPv4 address, or the first half of an IPv6 address, since whoever has
/// one of those has all of that network.
func clientName(_ address: UnsafePointer<sockaddr>) -> String {
    guard let (text, _) = numeric(address) else { return "" }
    guard CInt(address.pointee.sa_family) == AF_INET6, !text.hasPrefix("::ffff:") else { return text }
    var v6 = UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self)
    return withUnsafeBytes(of: &v6.sin6_addr) { bytes in
        bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":") + "/64"
    }
}

/// MHD_NotifyConnectionCallback; MHD_CONNECTION_NOTIFY_STARTED is 0.
let connectionChanged: MHD_NotifyConnectionCallback = { core, connection, _, change in
    guard let core, let connection else { return }
    let connections = Unmanaged<ServerCore>.fromOpaque(core).takeUnretainedValue().connections
    if change.rawValue == 0 { connections.opened(connection) } else { connections.closed(connection) }
}
