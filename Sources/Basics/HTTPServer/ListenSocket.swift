internal import CMicroHTTPD
internal import Glibc

extension HTTPServerError {
    /// The error of a failed system call.
    static func systemCall(_ what: String, _ number: CInt) -> HTTPServerError {
        HTTPServerError(code: .systemCall, message: "cannot \(what): \(String(cString: strerror(number)))")
    }
}

/// A socket that listens.
struct ListenSocket {
    let descriptor: CInt
    let port: UInt16
    /// The address it is bound to, in numbers.
    let address: String
    let isLoopback: Bool

    /// Binds and listens, on a free port for port 0.
    ///
    /// getaddrinfo(3), bind(2), listen(2).
    init(host: String, port: UInt16) throws(HTTPServerError) {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        defer { freeaddrinfo(list) }
        guard getaddrinfo(host.isEmpty ? nil : host, String(port), &hints, &list) == 0, let found = list?.pointee else {
            throw HTTPServerError(
                code: .badAddress,
                message: "cannot listen on \"\(host)\": it is not an address of this machine; 127.0.0.1 always is"
            )
        }
        let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(found.ai_family, type, 0)
        guard descriptor >= 0 else { throw .systemCall("open a socket", errno) }
        var one: CInt = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<CInt>.size))
        guard bind(descriptor, found.ai_addr, found.ai_addrlen) == 0, listen(descriptor, SOMAXCONN) == 0 else {
            let number = errno
            Glibc.close(descriptor)
            throw Self.failure(host: host, port: port, number)
        }
        // A connection without a word takes no place here, and one with a request is not closed for those that come right behind it
        // before the request is read. Where the kernel refuses, only that is lost.
        _ = reprise_tcp_defer_accept(descriptor, 1)
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let bound = withUnsafeMutableBytes(of: &storage) { bytes -> (address: String, port: UInt16)? in
            guard let address = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                getsockname(descriptor, address, &length) == 0
            else { return nil }
            return numeric(address)
        }
        guard let bound else {
            Glibc.close(descriptor)
            throw .systemCall("read a socket's address", errno)
        }
        self.descriptor = descriptor
        self.port = bound.port
        address = bound.address
        isLoopback = HostNames.isLoopback(bound.address)
    }

    /// Closes it; only where no server took it over.
    func close() {
        Glibc.close(descriptor)
    }

    private static func failure(host: String, port: UInt16, _ number: CInt) -> HTTPServerError {
        let place = "\(host):\(port)"
        switch number {
        case EADDRINUSE:
            return HTTPServerError(
                code: .addressInUse,
                message: "cannot listen on \(place): another program does; choose another port, or 0 for a free one"
            )
        case EACCES:
            return HTTPServerError(
                code: .notPermitted,
                message: "cannot listen on \(place): this user may not; ports from 1024 up are open to everyone"
            )
        case EADDRNOTAVAIL:
            return HTTPServerError(
                code: .badAddress,
                message: "cannot listen on \(place): it is not an address of this machine"
            )
        default:
            return .systemCall("listen on \(place)", number)
        }
    }
}

/// An address and port in numbers; nil where it is neither IPv4 nor IPv6.
func numeric(_ address: UnsafePointer<sockaddr>) -> (address: String, port: UInt16)? {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let raw = UnsafeRawPointer(address)
    switch CInt(address.pointee.sa_family) {
    case AF_INET:
        var v4 = raw.loadUnaligned(as: sockaddr_in.self)
        inet_ntop(AF_INET, &v4.sin_addr, &text, socklen_t(text.count))
        return (string(text), UInt16(bigEndian: v4.sin_port))
    case AF_INET6:
        var v6 = raw.loadUnaligned(as: sockaddr_in6.self)
        inet_ntop(AF_INET6, &v6.sin6_addr, &text, socklen_t(text.count))
        return (string(text), UInt16(bigEndian: v6.sin6_port))
    default:
        return nil
    }
}

private func string(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
