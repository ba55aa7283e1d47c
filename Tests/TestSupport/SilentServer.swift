internal import Glibc

/// A port on 127.0.0.1 that takes connections and never reads from them or answers; or that takes none, and refuses none.
public final class SilentServer: Sendable {
    /// The port.
    public let port: UInt16
    private let descriptors: [CInt]

    /// Starts to listen; nothing is ever accepted.
    ///
    /// - Parameter isFull: whether its queue is full already, so that a connection never comes about, listen(2).
    public init(isFull: Bool = false) {
        let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let listener = socket(AF_INET, kind, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        var descriptors = [listener]
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard bind(listener, address, length) == 0, listen(listener, isFull ? 0 : 16) == 0,
                    getsockname(listener, address, &length) == 0
                else { return false }
                // A queue of length 0 takes one connection; those behind it wait in vain.
                for _ in 0..<(isFull ? 4 : 0) {
                    let waiting = socket(AF_INET, kind | CInt(SOCK_NONBLOCK.rawValue), 0)
                    connect(waiting, address, length)
                    descriptors.append(waiting)
                }
                return true
            }
        }
        precondition(isListening, "no free port on 127.0.0.1: errno \(errno)")
        port = UInt16(bigEndian: address.sin_port)
        self.descriptors = descriptors
    }

    deinit { for descriptor in descriptors { close(descriptor) } }

    /// The address to ask, without a slash at its end.
    public var url: String { "http://127.0.0.1:\(port)" }
}
