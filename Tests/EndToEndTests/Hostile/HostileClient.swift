import Foundation
import TestSupport

/// A client of a page that does what no browser does, until it is told to stop.
struct HostileClient: Sendable {
    /// What it does.
    let name: String
    private let run: @Sendable (Site) -> Void

    /// The page, and whether to go on.
    struct Site: Sendable {
        let port: UInt16
        let isOver: @Sendable () -> Bool

        func connect(receiveBuffer: Int? = nil) -> RawConnection? {
            RawConnection(port: port, receiveBuffer: receiveBuffer)
        }

        /// Keeps so many connections that something was sent on, opened anew where the page has closed them; `step` is done on each, again
        /// and again.
        func keep(
            _ count: Int,
            receiveBuffer: Int? = nil,
            every milliseconds: Int = 50,
            begin: (RawConnection) -> Void,
            step: (RawConnection) -> Bool = { _ in true }
        ) {
            var connections: [RawConnection?] = Array(repeating: nil, count: count)
            while !isOver() {
                for index in connections.indices where !isOver() {
                    if let connection = connections[index] {
                        connection.read(for: .zero)
                        if connection.end != .open || !step(connection) { connections[index] = nil }
                    } else if let connection = connect(receiveBuffer: receiveBuffer) {
                        begin(connection)
                        connections[index] = connection
                    }
                }
                sleepMilliseconds(milliseconds)
            }
        }
    }

    /// Does it until the site says that it is over.
    func start(on site: Site) -> TestThread { startThread { run(site) } }

    private static let get = "GET / HTTP/1.1\r\nHost: localhost\r\n"
    private static let block = [UInt8](repeating: 97, count: 16_384)

    /// All of them.
    static let all = silentOnes + talkative + readers

    private static let silentOnes = [
        HostileClient(name: "heads in drops") { site in
            site.keep(100) {
                $0.send(get)
            } step: {
                $0.offer(Array("X".utf8))
            }
        },
        HostileClient(name: "connections without a word") { site in site.keep(100) { _ in } },
        HostileClient(name: "request lines in drops") { site in
            site.keep(20) {
                $0.send("GE")
            } step: {
                $0.offer(Array("T".utf8))
            }
        },
        HostileClient(name: "bodies in drops") { site in
            site.keep(20) {
                $0.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
            } step: {
                $0.offer(Array("1\r\na\r\n".utf8))
            }
        },
        HostileClient(name: "lengths without a body") { site in
            site.keep(20) { $0.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999999\r\n\r\n") }
        },
        HostileClient(name: "connections kept after a request") { site in site.keep(50) { $0.request("/healthz") } },
        HostileClient(name: "connections that come and go") { site in
            while !site.isOver() {
                _ = site.connect()
                sleepMilliseconds(1)
            }
        },
    ]

    private static let talkative = [
        HostileClient(name: "fields without end") { site in
            site.keep(4, every: 1) {
                $0.send(get)
            } step: {
                $0.offer(Array("X-Y: z\r\n".utf8))
            }
        },
        HostileClient(name: "a field without end") { site in
            site.keep(4, every: 5) {
                $0.send(get + "X: ")
            } step: {
                $0.offer(block)
            }
        },
        HostileClient(name: "a target without end") { site in
            site.keep(4, every: 5) {
                $0.send("GET /")
            } step: {
                $0.offer(block)
            }
        },
        HostileClient(name: "a body without end") { site in
            site.keep(4, every: 5) {
                $0.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n\r\n")
            } step: {
                $0.offer(block)
            }
        },
        HostileClient(name: "zeros") { site in
            site.keep(4, every: 5) { _ in
            } step: {
                $0.offer([UInt8](repeating: 0, count: 1_024))
            }
        },
        HostileClient(name: "TLS and HTTP/2") { site in
            site.keep(8) {
                _ = $0.offer([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3] + [UInt8](repeating: 7, count: 500))
            } step: {
                $0.offer(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8))
            }
        },
        HostileClient(name: "strange methods and versions") { site in
            site.keep(8, every: 10) {
                $0.request("/", method: "BREW")
            } step: { connection in
                connection.offer(Array("GET / HTTP/9.9\r\n\r\nTRACE * HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
            }
        },
        HostileClient(name: "strangers' hosts") { site in
            site.keep(8) { $0.send("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n") }
        },
        HostileClient(name: "paths that lead out") { site in
            site.keep(4) { connection in
                for path in ["/../../etc/passwd", "/%2e%2e/%00", "//", "/assets/../x", "/api/timeline?range=%00"] {
                    connection.request(path)
                }
            }
        },
    ]

    private static let readers = [
        HostileClient(name: "pages that are opened by the hundred") { site in site.keep(100) { $0.request("/events") }
        },
        HostileClient(name: "pages that come and go") { site in
            while !site.isOver() {
                site.connect()?.request("/events")
                sleepMilliseconds(5)
            }
        },
        HostileClient(name: "events that nobody reads") { site in
            site.keep(20, receiveBuffer: 1_024) { $0.request("/events") }
        },
        HostileClient(name: "requests by the thousand whose answers nobody reads") { site in
            let requests = Array(
                String(repeating: "GET /assets/chart.js HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 200).utf8
            )
            var connections: [RawConnection] = []
            while !site.isOver() {
                if connections.count < 20, let connection = site.connect(receiveBuffer: 1_024) {
                    connections.append(connection)
                }
                connections.removeAll { !$0.offer(requests) }
                sleepMilliseconds(20)
            }
        },
    ]
}
